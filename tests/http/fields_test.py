"""Every row of the table of submit fields: both ends of its range, what lies beyond, what is not
of its type, its default, its camelCase name, and how it is reported."""

import json
import re

import api
import case
import photos

# name: (kind, least, most)
NUMBERS = {
    "output_width": ("int", 1, 32000), "output_height": ("int", 1, 32000),
    "creativity": ("int", 1, 9), "texture": ("int", 1, 5),
    "face_enhancement_strength": ("decimal", 0, 1),
    "face_enhancement_creativity": ("decimal", 0, 1), "sharpen": ("decimal", 0, 1),
    "denoise": ("decimal", 0, 1), "detail_strength": ("decimal", 0, 10),
    "enhancement_strength": ("decimal", 0, 10), "seed": ("int", 0, 2**63 - 1),
}
SWITCHES = ["crop_to_fill", "face_enhancement", "autoprompt", "detail"]
CHOICES = {
    "model": ["Recover 3", "Natural Enhance"],
    "output_format": ["jpeg", "jpg", "png", "tiff", "tif", "webp", "avif", "jxl"],
    "subject_detection": ["foreground", "background", "all"],
}
# Fixed defaults are reported though nobody gave them; the others are chosen for each picture.
DEFAULTS = {"creativity": 3, "enhancement_strength": 5.0, "detail": False, "prompt": ""}


def camel(name):
    return re.sub(r"_(\w)", lambda match: match[1].upper(), name)


class Fields(case.SharedServerTest):
    """Estimates check settings as submits do and store nothing, so ranges go through both."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.source = api.Api(cls.server).try_submit(photos.jpeg(16, 12)).json()["source_id"]

    def submit(self, **fields):
        return self.api.try_submit(source_id=self.source, **fields)

    def accepted(self, **fields):
        """The first status of a submit that must be taken; the job is dropped."""
        reply = self.submit(**fields)
        self.assertEqual(reply.status, 200, (fields, reply))
        process_id = reply.json()["process_id"]
        status = self.api.status(process_id)
        self.api.delete(f"{api.CANCEL}/{process_id}")
        return status

    def refused(self, field, **fields):
        """A 400 that names the field; nothing is stored or reserved."""
        reply = self.submit(**fields)
        self.assertEqual(reply.status, 400, (fields, reply))
        self.assertIn(field, reply.message)
        return reply.message

    def options(self, **fields):
        status = self.accepted(**fields)
        return {**json.loads(status["options_json"]), **status}

    def test_numbers_at_both_ends_and_beyond(self):
        for name, (kind, least, most) in NUMBERS.items():
            more = {"detail": "true"} if name == "detail_strength" else {}
            inside = [least, most] + (["0.5", "1e0", "1."][:1] if kind == "decimal" else [])
            for value in inside:
                if name.startswith("output_") and value == most:
                    more = {"output_height": 1} if name == "output_width" else {"output_width": 1}
                options = self.options(**{name: value}, **more)
                self.assertEqual(float(options[name]), float(value), name)
            beyond = [least - 1, most + 1] if kind == "int" else [least - 0.01, most + 0.01]
            for value in beyond:
                message = self.refused(name, **{name: value}, **more)
                self.assertIn(str(most), message, "the range is told")
            for value in ("", "x", "1,5", "0x10", "1 2", "nan", "inf", "-", "٣", "true"):
                self.refused(name, **{name: value}, **more)
            if kind == "int":
                for value in ("3.5", "3.0", "1e1", "+", "99999999999999999999999"):
                    self.refused(name, **{name: value}, **more)

    def test_seed_keeps_all_its_digits(self):
        self.assertEqual(self.options(seed=2**63 - 1)["seed"], 2**63 - 1)
        self.assertEqual(self.options(seed=2**53 + 1)["seed"], 2**53 + 1)

    def test_switches_in_any_case(self):
        for name in SWITCHES:
            for text, value in (("true", True), ("TRUE", True), ("False", False), ("false", False)):
                self.assertIs(self.options(**{name: text})[name], value, name)
            for text in ("", "1", "0", "yes", "on", "truefalse", " true"):
                message = self.refused(name, **{name: text})
                self.assertIn("true or false", message)

    def test_choices(self):
        for name, values in CHOICES.items():
            for value in values:
                self.accepted(**{name: value, "output_width": 20})
            message = self.refused(name, **{name: "nonsense"})
            for value in values:
                self.assertIn(value, message, "the names are listed")

    def test_formats_are_reported_by_their_own_name(self):
        for given, told in (("jpg", "jpeg"), ("jpeg", "jpeg"), ("tif", "tiff"), ("png", "png"),
                            ("webp", "webp")):
            self.assertEqual(self.accepted(output_format=given)["output_format"], told)
        self.assertEqual(self.accepted()["output_format"], "jpeg")

    def test_models_and_their_older_names(self):
        self.assertEqual(self.accepted()["model"], "Recover 3")
        for name in ("Recovery", "Recovery V2", "Recover 3"):
            self.assertEqual(self.accepted(model=name)["model"], "Recover 3")
        self.assertEqual(self.accepted(model="Natural Enhance")["model"], "Natural Enhance")
        for name in ("", "recover 3", "Standard V2", "../general-fast", "general-fast"):
            message = self.refused("model", model=name)
            self.assertIn("Recover 3", message)
            self.assertIn("Natural Enhance", message)

    def test_subject_detection_in_any_case_is_reported_capitalised(self):
        self.assertEqual(self.options()["subject_detection"], "All")
        for given, told in (("ALL", "All"), ("foreground", "Foreground"), ("bAckground", "Background")):
            self.assertEqual(self.options(subject_detection=given)["subject_detection"], told)

    def test_defaults(self):
        options = self.options()
        for name, value in DEFAULTS.items():
            self.assertEqual(options[name], value, name)
        self.assertIs(options["crop_to_fill"], False)
        self.assertEqual(self.options(model="Natural Enhance")["creativity"], 1)

    def test_webp_sides_have_a_limit_of_their_own(self):
        self.accepted(output_format="webp", output_width=16383, output_height=1)
        message = self.refused("output_width", output_format="webp", output_width=16384,
                               output_height=1)
        self.assertIn("16383", message)
        self.refused("output_height", output_format="webp", output_width=1, output_height=16384)

    def test_face_settings_without_their_partners_are_taken(self):
        status = self.accepted(face_enhancement="true")
        self.assertIs(status["face_enhancement"], True)
        status = self.accepted(face_enhancement="true", face_enhancement_strength="0.8",
                               face_enhancement_creativity="0.1")
        self.assertEqual((status["face_enhancement_strength"],
                          status["face_enhancement_creativity"]), (0.8, 0.1))

    def test_prompt_is_counted_in_code_points(self):
        for prompt in ("", "a cat", "é" * 1024, "日" * 1024, "👩" * 1024, "line\r\nbreak \"quoted\""):
            self.assertEqual(self.options(prompt=prompt)["prompt"], prompt)
        for prompt in ("a" * 1025, "👩" * 1025):
            self.assertIn("1024", self.refused("prompt", prompt=prompt))
        self.refused("prompt", prompt=b"\xff\xfe broken")

    def test_a_prompt_without_autoprompt_means_false(self):
        self.assertIs(self.options(prompt="a cat")["autoprompt"], False)
        self.assertIs(self.options(prompt="a cat", autoprompt="true")["autoprompt"], True)

    def test_detail_strength_without_detail_is_passed_over(self):
        self.assertNotIn("detail_strength", self.options(detail_strength=3))
        self.assertEqual(self.options(detail_strength=3, detail="true")["detail_strength"], 3)

    def test_camel_case(self):
        given = {"outputWidth": 33, "outputHeight": 22, "cropToFill": "true", "outputFormat": "png",
                 "faceEnhancement": "true", "faceEnhancementStrength": 0.25,
                 "faceEnhancementCreativity": 0.75, "subjectDetection": "foreground",
                 "detail": "true", "detailStrength": 2, "enhancementStrength": 7}
        options = self.options(**given)
        for name, value in given.items():
            snake = re.sub(r"[A-Z]", lambda match: "_" + match[0].lower(), name)
            told = options[snake]
            wanted = {"true": True, "foreground": "Foreground"}.get(value, value)
            self.assertEqual(told, wanted, name)
        for name in NUMBERS:
            self.refused(name, **{camel(name): "x"}, detail="true")

    def test_snake_case_wins(self):
        for order in (("output_width", "outputWidth"), ("outputWidth", "output_width")):
            values = {"output_width": 40, "outputWidth": 50}
            status = self.accepted(**{name: values[name] for name in order})
            self.assertEqual(status["output_width"], 40)

    def test_anything_else_is_ignored(self):
        self.accepted(shine=5, strength="high", webhook="x", **{"": "y", "output-width": 9})
        reply = self.api.try_submit(photos.jpeg(), parts=[("mask", api.File(b"junk" * 100))])
        self.assertEqual(reply.status, 200, reply)

    def test_exactly_one_source(self):
        picture = photos.jpeg()
        url = "https://example.com/x.jpg"
        for image, fields in (
            (None, {}), (picture, {"source_id": self.source}), (picture, {"source_url": url}),
            (None, {"source_id": self.source, "source_url": url}),
        ):
            reply = self.api.try_submit(image, **fields)
            self.assertEqual(reply.status, 400, reply)
            for word in ("image", "source_id", "source_url"):
                self.assertIn(word, reply.message)
        reply = self.api.try_submit(picture, parts=[("image", api.File(picture))])
        self.assertEqual(reply.status, 400, "two pictures")

    def test_source_id_is_checked(self):
        for text in ("", "x", "3f2504e0-4f89-41d3-9a0c-0305e82c3301"):
            reply = self.api.try_submit(source_id=text)
            self.assertEqual(reply.status, 400, reply)
            self.assertIn("source_id", reply.message)
        other = self.new_api()
        self.assertEqual(other.try_submit(source_id=self.source).status, 400,
                         "a picture of another key is not there")

    def test_webhook_url_is_checked(self):
        for text in ("", "x", "ftp://example.com/", "https://", "http://user:pass@example.com/",
                     "http://127.0.0.1/x", "javascript:alert(1)", "https://exa mple.com/"):
            self.refused("webhook_url", webhook_url=text)

    def test_a_refused_request_leaves_nothing(self):
        mine = self.new_api("--credits", "5")
        before = len(self.server.blobs())
        for fields in ({"creativity": 99}, {"output_width": "x"}, {"model": "y"},
                       {"webhook_url": "z"}):
            reply = mine.try_submit(photos.jpeg(), **fields)
            self.assertEqual(reply.status, 400)
            reply = mine.try_submit(photos.jpeg(), parts=list(fields.items()))
            self.assertEqual(reply.status, 400, "whatever the order")
        self.assertEqual(mine.get(api.STATUS).json(), [])
        self.assertEqual(mine.balance(), {
            "available_credits": 5, "reserved_credits": 0, "total_credits": 5})
        self.assertEqual(len(self.server.blobs()), before)

    def test_estimates_check_the_same_ranges(self):
        size = {"input_width": 10, "input_height": 10}
        for name, (_, least, most) in NUMBERS.items():
            for value in (least - 1, most + 1, "x"):
                for send in (lambda body: self.api.post_json(api.ESTIMATE, body),
                             lambda body: self.api.post_parts(api.ESTIMATE, body.items())):
                    reply = send({**size, "detail": "true", name: value})
                    self.assertEqual(reply.status, 400, (name, value, reply))
                    self.assertIn(name, reply.message)

    def test_options_say_what_is_without_effect(self):
        options = self.options(texture=5, sharpen=1, creativity=4)
        self.assertLessEqual({"texture", "sharpen"}, set(options.get("without_effect", [])))
        self.assertNotIn("creativity", options.get("without_effect", []))


class Parts(case.SharedServerTest):
    """The shapes of bodies that clients really send."""

    def test_the_picture_may_stand_anywhere(self):
        image = ("image", api.File(photos.jpeg()))
        fields = [("output_width", 80), ("output_format", "png")]
        for parts in (fields + [image], [image] + fields, [fields[0], image, fields[1]]):
            reply = self.api.post_parts(api.ENHANCE, parts)
            self.assertEqual(reply.status, 200, reply)
            status = self.api.status(reply.json()["process_id"])
            self.assertEqual((status["output_width"], status["output_format"]), (80, "png"))

    def test_the_type_is_sniffed_whatever_the_label(self):
        for label in ("image/jpeg", "image/png", "application/octet-stream", "text/plain", None):
            for name in ("a.jpg", "blob", "noextension", "x.tar.gz"):
                reply = self.api.try_submit(api.File(photos.png(), name, label))
                self.assertEqual(reply.status, 200, reply)
                status = self.api.status(reply.json()["process_id"])
                self.assertEqual((status["input_format"], status["filename"]), ("png", name))

    def test_a_picture_without_a_file_name_gets_one(self):
        for name in (None, ""):
            reply = self.api.try_submit(api.File(photos.jpeg(), name))
            self.assertEqual(reply.status, 200, reply)
            self.assertTrue(self.api.status(reply.json()["process_id"])["filename"])

    def test_names_of_files_as_clients_write_them(self):
        for name in ("häß 日本.jpg", "a%22b.jpg", "semi;colon=.jpg", "back\\\\slash.jpg"):
            reply = self.api.try_submit(api.File(photos.jpeg(), name))
            self.assertEqual(reply.status, 200, reply)
            self.assertTrue(self.api.status(reply.json()["process_id"])["filename"])

    def test_a_preamble_an_epilogue_and_odd_boundaries(self):
        for boundary in ("x", "a'()+_,-./:=?b", "-" * 60):
            body, _ = api.multipart([("image", api.File(photos.jpeg()))], boundary)
            kind = f'multipart/form-data; boundary="{boundary}"'
            for sent in (body, b"preamble\r\n" + body, body + b"epilogue"):
                reply = self.api.request("POST", api.ENHANCE, sent, {"Content-Type": kind})
                self.assertEqual(reply.status, 200, (boundary, reply))

    def test_chunked_bodies(self):
        body, kind = api.multipart([("image", api.File(photos.jpeg())), ("seed", 5)])
        pieces = [body[at : at + 700] for at in range(0, len(body), 700)]
        reply = self.api.request("POST", api.ENHANCE, iter(pieces), {"Content-Type": kind})
        self.assertEqual(reply.status, 200, reply)

    def test_a_part_that_comes_twice(self):
        # One of both must hold; which one is for the server to say, not to mix.
        reply = self.api.try_submit(photos.jpeg(), parts=[("creativity", 2), ("creativity", 7)])
        self.assertIn(reply.status, (200, 400))

    def test_a_cut_body_is_refused_and_leaves_nothing(self):
        body, kind = api.multipart([("seed", 5), ("image", api.File(photos.jpeg()))])
        before = len(self.server.blobs())
        for cut in (10, 100, 400, len(body) - 30):
            reply = self.api.request("POST", api.ENHANCE, body[:cut], {"Content-Type": kind})
            self.assertEqual(reply.status, 400, (cut, reply))
        self.assertEqual(len(self.server.blobs()), before)


if __name__ == "__main__":
    case.main()
