"""What a job costs: told before, reserved, taken once, given back."""

import api
import case
import photos

# From the specification.
TABLE = {1: 1, 4: 1, 8: 2, 16: 4, 24: 6, 32: 8, 40: 10, 50: 13, 64: 16, 100: 25, 384: 96}


class Credits(case.SharedServerTest):
    def estimate(self, width, height, **more):
        body = {"input_width": width, "input_height": height, **more}
        reply = self.api.post_json(api.ESTIMATE, body)
        self.assertEqual(reply.status, 200, reply)
        answer = reply.json()
        self.assertEqual(set(answer), {"duration", "credits"})
        self.assertIsInstance(answer["duration"], int)
        return answer

    def test_the_table(self):
        for megapixels, credits in TABLE.items():
            # 384 MP are 24000 x 16000; the others go in rows of a thousand or two.
            height = 16000 if megapixels > 100 else 4000 if megapixels > 32 else 1000
            given = self.estimate(1000, 1000, output_height=height,
                                  output_width=megapixels * 1_000_000 // height)
            self.assertEqual(given["credits"], credits, megapixels)

    def test_one_pixel_more_is_one_credit_more(self):
        self.assertEqual(self.estimate(10, 10, output_width=2000, output_height=2000)["credits"], 1)
        self.assertEqual(self.estimate(10, 10, output_width=2000, output_height=2001)["credits"], 2)
        self.assertEqual(self.estimate(1, 1)["credits"], 1)

    def test_estimate_takes_multipart_and_json_text_and_numbers(self):
        wanted = self.estimate(300, 200, output_width=6000)
        self.assertEqual(wanted["credits"], 6)
        for send in (
            lambda: self.api.post_parts(api.ESTIMATE, [("input_width", 300), ("input_height", 200),
                                                       ("output_width", 6000)]),
            lambda: self.api.post_json(api.ESTIMATE, {"input_width": "300", "input_height": "200",
                                                      "output_width": "6000"}),
            lambda: self.api.post_json(api.ESTIMATE, {"inputWidth": 300, "inputHeight": 200,
                                                      "outputWidth": 6000, "junk": [1]}),
        ):
            reply = send()
            self.assertEqual(reply.status, 200, reply)
            self.assertEqual(reply.json()["credits"], 6)

    def test_estimate_takes_the_settings_of_a_submit(self):
        self.estimate(300, 200, model="Natural Enhance", creativity=9, crop_to_fill=True,
                      face_enhancement=True, sharpen=0.5, prompt="x", output_format="png")

    def test_estimate_400(self):
        for body in ({}, {"input_width": 10}, {"input_height": 10},
                     {"input_width": 0, "input_height": 5}, {"input_width": 32001, "input_height": 5},
                     {"input_width": "x", "input_height": 5}, {"input_width": 1.5, "input_height": 5},
                     {"input_width": True, "input_height": 5}, {"input_width": [3], "input_height": 5},
                     {"input_width": 5, "input_height": 5, "model": "x"},
                     {"input_width": 5, "input_height": 5, "creativity": {}}):
            reply = self.api.post_json(api.ESTIMATE, body)
            self.assertEqual(reply.status, 400, (body, reply))
        for text in ("", "[]", "null", "{", "3", '"x"', "{\"a\":" * 5000, "[" * 100000, "\xff"):
            reply = self.api.post_json(api.ESTIMATE, text.encode("latin-1"))
            self.assertEqual(reply.status, 400, (text[:20], reply))

    def test_bulk_goes_item_by_item_in_order(self):
        items = [
            {"input_width": 100, "input_height": 100},
            {"input_width": 100},
            {"input_width": 100, "input_height": 100, "output_width": 4000},
            "no object", {"input_width": 100, "input_height": 100, "creativity": 10}, {},
            {"input_width": 5000, "input_height": 5000},
            {"input_width": 100, "input_height": 100, "output_width": 32000, "output_height": 32000},
        ]
        reply = self.api.post_json(api.BULK, items)
        self.assertEqual(reply.status, 200, reply)
        answer = reply.json()
        self.assertEqual([item["status"] for item in answer],
                         ["success", "error", "success", "error", "error", "error", "error", "error"])
        self.assertEqual([answer[0]["credits"], answer[2]["credits"]], [1, 4])
        for item in answer:
            if item["status"] == "success":
                self.assertEqual(set(item), {"duration", "credits", "status"})
            else:
                self.assertEqual(set(item), {"status", "code", "message"})
        self.assertIn("input_height", answer[1]["message"])
        self.assertIn("creativity", answer[4]["message"])
        self.assertEqual(answer[4]["code"], 400)
        self.assertEqual(self.api.post_json(api.BULK, []).json(), [])
        for body in ({}, "x", 3, b"[", b""):
            self.assertEqual(self.api.post_json(api.BULK, body).status, 400)

    def test_estimate_equals_what_is_reserved_and_charged(self):
        mine = self.new_api("--credits", "100")
        left = 100
        # Of some megapixels each: none has ended before its balance is read.
        for width, height, more in ((64, 48, {"output_width": 2000, "output_height": 1500}),
                                    (64, 48, {"output_width": 2001, "output_height": 2000}),
                                    (64, 48, {"output_height": 1700, "crop_to_fill": "true"})):
            expected = self.estimate(width, height, **more)["credits"]
            process_id = mine.submit(photos.jpeg(width, height), **more)
            self.assertEqual(mine.status(process_id)["credits"], expected)
            balance = mine.balance()
            self.assertEqual(balance["available_credits"], left - expected)
            self.assertEqual(balance["reserved_credits"], expected)
            self.assertEqual(balance["total_credits"], left)
            mine.finish(process_id)
            left -= expected
            self.assertEqual(mine.balance(), {
                "available_credits": left, "reserved_credits": 0, "total_credits": left})

    def test_what_is_reserved_for_a_large_job_comes_back_when_it_is_cancelled(self):
        mine = self.new_api("--credits", "100")
        more = {"output_width": 8000, "output_height": 5000}
        expected = self.estimate(64, 48, **more)["credits"]
        self.assertEqual(expected, 10)
        process_id = mine.submit(photos.jpeg(), **more)
        self.assertEqual(mine.balance(), {
            "available_credits": 90, "reserved_credits": 10, "total_credits": 100})
        mine.delete(f"{api.CANCEL}/{process_id}")
        self.assertEqual(mine.balance()["available_credits"], 100)

    def test_deleting_a_job_changes_no_credits(self):
        mine = self.new_api("--credits", "9")
        process_id = mine.submit(photos.jpeg())
        mine.finish(process_id)
        before = mine.balance()
        self.assertEqual(mine.delete(f"{api.STATUS}/{process_id}").status, 204)
        self.assertEqual(mine.balance(), before)

    def test_the_first_key_has_a_million(self):
        granted = self.server.query("SELECT granted FROM keys ORDER BY key_id LIMIT 1")[0][0]
        self.assertEqual(granted, 1_000_000)


if __name__ == "__main__":
    case.main()
