"""Programs written for the original service, by their habits: each of other_clients/ is run as it
is against the server and must bring its picture."""

import os
import shutil
import subprocess
import sys
import unittest

import case
import photos
import server

CLIENTS = server.SOURCE / "tests" / "http" / "other_clients"


class OtherClients(case.SharedServerTest):
    def run_client(self, program, name, source="in.jpg", target="out.bin", picture=photos.jpeg()):
        (self.folder / source).write_bytes(picture)
        key = self.server.new_key()
        done = subprocess.run([*program, str(CLIENTS / name), self.server.url, key, source, target],
                              cwd=self.folder, capture_output=True, text=True, timeout=180, check=False,
                              env={**os.environ, "NO_PROXY": "*", "no_proxy": "*"})
        self.assertEqual(done.returncode, 0, f"{name}:\n{done.stdout}{done.stderr}")
        return photos.opened((self.folder / target).read_bytes())

    def test_text_parts_first_lower_cased_states_magic_bytes(self):
        picture = self.run_client([sys.executable, "-B"], "form_then_file.py")
        self.assertEqual((picture.format, picture.size), ("PNG", (128, 96)))

    def test_an_input_without_an_extension(self):
        picture = self.run_client([sys.executable, "-B"], "form_then_file.py", source="noextension")
        self.assertEqual(picture.size, (128, 96))

    @unittest.skipUnless(shutil.which("curl"), "no curl program")
    def test_curl_with_the_key_on_standard_input(self):
        picture = self.run_client([sys.executable, "-B"], "curl_batch.py", target="out.jpg")
        self.assertEqual((picture.format, picture.size), ("JPEG", (192, 144)))

    @unittest.skipUnless(shutil.which("curl"), "no curl program")
    def test_curl_as_in_documentation(self):
        # Above a megabyte curl sends "Expect: 100-continue" and waits.
        large = photos.jpeg(2400, 1800)
        self.assertGreater(len(large), 1 << 20)
        picture = self.run_client(["sh"], "curl_examples.sh", picture=large)
        self.assertEqual((picture.format, picture.size), ("WEBP", (160, 120)))

    @unittest.skipUnless(shutil.which("node"), "no node program")
    def test_form_data_with_the_file_first_and_an_origin_check(self):
        picture = self.run_client(["node"], "form_data.mjs")
        self.assertEqual((picture.format, picture.size), ("TIFF", (128, 96)))


if __name__ == "__main__":
    case.main()
