#include "codec/xmp_edit.h"

#include <utility>

namespace recover {
namespace {

bool IsNameEnd(char c) {
  return c == '=' || c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == '>';
}

/// Replaces the digits after name=" or <name> by `value`, everywhere.
void SetProperty(std::string& xmp, std::string_view name, int value) {
  const std::string digits = std::to_string(value);
  for (size_t at = xmp.find(name); at != std::string::npos; at = xmp.find(name, at + 1)) {
    size_t from = at + name.size();
    if (from >= xmp.size() || !IsNameEnd(xmp[from])) {
      continue;
    }
    if (at >= 1 && xmp[at - 1] == '<') {
      from = xmp.find('>', from);
    } else {
      from = xmp.find_first_of("\"'<", from);
      from = from != std::string::npos && xmp[from] == '<' ? std::string::npos : from;
    }
    if (from == std::string::npos) {
      return;
    }
    const size_t to = xmp.find_first_not_of("0123456789", from + 1);
    if (to != std::string::npos && to > from + 1) {
      xmp.replace(from + 1, to - from - 1, digits);
    }
  }
}

void DropElement(std::string& xmp, const std::string& name) {
  const size_t begin = xmp.find("<" + name + ">");
  const std::string closing = "</" + name + ">";
  const size_t end = begin == std::string::npos ? begin : xmp.find(closing, begin);
  if (end != std::string::npos) {
    xmp.erase(begin, end + closing.size() - begin);
  }
}

void DropAttribute(std::string& xmp, std::string_view name) {
  const size_t begin = xmp.find(name);
  const size_t open = begin == std::string::npos ? begin : xmp.find_first_of("\"'", begin);
  const size_t close = open == std::string::npos ? open : xmp.find(xmp[open], open + 1);
  if (close != std::string::npos) {
    xmp.erase(begin, close + 1 - begin);
  }
}

}  // namespace

std::string FitXmp(std::string xmp, Size size) {
  SetProperty(xmp, "tiff:Orientation", 1);
  for (const char* name : {"exif:PixelXDimension", "tiff:ImageWidth"}) {
    SetProperty(xmp, name, size.width);
  }
  for (const char* name : {"exif:PixelYDimension", "tiff:ImageLength"}) {
    SetProperty(xmp, name, size.height);
  }
  DropElement(xmp, "xmp:Thumbnails");
  DropElement(xmp, "xap:Thumbnails");
  return xmp;
}

std::string MergeExtendedXmp(std::string main_packet, std::string_view extended) {
  constexpr std::string_view kClose = "</rdf:RDF>";
  DropAttribute(main_packet, "xmpNote:HasExtendedXMP");
  const size_t open = extended.find("<rdf:RDF");
  const size_t begin = open == std::string_view::npos ? open : extended.find('>', open);
  const size_t end = extended.rfind(kClose);
  const size_t target = main_packet.rfind(kClose);
  if (begin == std::string_view::npos || end == std::string_view::npos || end <= begin ||
      target == std::string::npos) {
    return main_packet;
  }
  main_packet.insert(target, extended.substr(begin + 1, end - begin - 1));
  return main_packet;
}

std::string ExtendedXmpAnnouncement(std::string_view md5_hex) {
  return "<?xpacket begin=\"\xEF\xBB\xBF\" id=\"W5M0MpCehiHzreSzNTczkc9d\"?>"
         "<x:xmpmeta xmlns:x=\"adobe:ns:meta/\"><rdf:RDF "
         "xmlns:rdf=\"http://www.w3.org/1999/02/22-rdf-syntax-ns#\">"
         "<rdf:Description rdf:about=\"\" xmlns:xmpNote=\"http://ns.adobe.com/xmp/note/\" "
         "xmpNote:HasExtendedXMP=\"" +
         std::string(md5_hex) + "\"/></rdf:RDF></x:xmpmeta><?xpacket end=\"r\"?>";
}

}  // namespace recover
