# cmake -DOUTPUT=assets.cc -DFOLDER=web -DFILES=a.html,b.js -P embed.cmake
#
# Writes the files as C++ arrays behind http/assets.h: the program carries its pages.

set(types_html "text/html; charset=utf-8")
set(types_css "text/css; charset=utf-8")
set(types_js "text/javascript; charset=utf-8")
set(types_svg "image/svg+xml")
set(types_json "application/json")

set(arrays "")
set(rows "")
set(number 0)
string(REPLACE "," ";" files "${FILES}")
foreach(file IN LISTS files)
  string(REGEX MATCH "[a-z]+$" extension "${file}")
  if(NOT DEFINED types_${extension})
    message(FATAL_ERROR "embed.cmake: which content type has ${file}?")
  endif()
  file(READ "${FOLDER}/${file}" bytes HEX)
  string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${bytes}")
  # The zero keeps an empty file a legal array.
  string(APPEND arrays "constexpr unsigned char kBytes${number}[] = {${bytes}0};\n")
  string(APPEND rows
    "    {\"${file}\", \"${types_${extension}}\",\n"
    "     {reinterpret_cast<const char*>(kBytes${number}), sizeof(kBytes${number}) - 1}},\n")
  math(EXPR number "${number} + 1")
endforeach()

file(WRITE "${OUTPUT}" "// Made by cmake/embed.cmake from web/.
#include \"http/assets.h\"

namespace recover {
namespace {

${arrays}
const Asset kAssets[] = {
${rows}};

}  // namespace

const Asset* FindAsset(std::string_view name) {
  for (const Asset& asset : kAssets) {
    if (asset.name == name) {
      return &asset;
    }
  }
  return nullptr;
}

}  // namespace recover
")
