"""The client against a server that misbehaves on demand; against the real one it is tested in
tests/http."""

import email.utils
import io
import json
import pathlib
import re
import sys
import tempfile
import time
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from fake_server import FakeServer, Reply, script  # noqa: E402
from recover_client import (ApiError, BadDownload, Batch, ConnectionFailed, JobFailed,  # noqa: E402
                            RecoverClient, Settings, WaitTimeout)
from recover_client import __main__ as command_line, formats  # noqa: E402

JPEG = b"\xff\xd8\xff\xe0" + bytes(range(256)) * 40
PNG = b"\x89PNG\r\n\x1a\n" + bytes(5000)
SUBMITTED = {"process_id": "p1", "source_id": "s1", "eta": 100}


def job(status="Completed", progress=100, process_id="p1", **more):
    return {
        "process_id": process_id, "filename": "a.jpg", "input_format": "jpeg", "input_height": 3,
        "input_width": 4, "output_format": "jpeg", "output_height": 6, "output_width": 8,
        "category": "Enhance", "model_type": "Generative", "model": "Recover 3",
        "crop_to_fill": False, "status": status, "progress": progress, "eta": 5,
        "creation_time": 1, "modification_time": 2, "credits": 1, **more,
    }


class ClientTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="recover-client-")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.slept = []

    def serve(self, answer):
        server = FakeServer(answer)
        self.addCleanup(server.__exit__)
        return server.__enter__()

    def client(self, server, **more):
        clock = {"now": 0.0}

        def sleep(seconds):
            self.slept.append(seconds)
            clock["now"] += seconds

        return RecoverClient(server.url, "rk_secret", sleep=sleep, timeout=10,
                             monotonic=lambda: clock["now"], **more)

    def names(self):
        return sorted(path.name for path in self.folder.iterdir())


class Retries(ClientTest):
    def test_429_is_waited_out_as_long_as_the_server_says(self):
        server = self.serve(script(Reply(429, {"message": "slow"}, {"Retry-After": "7"}),
                                   Reply(body=job())))
        self.assertEqual(self.client(server).status("p1").status, "Completed")
        self.assertEqual(self.slept, [7])

    def test_retry_after_may_be_a_date(self):
        date = email.utils.formatdate(time.time() + 100, usegmt=True)
        server = self.serve(script(Reply(503, {"message": "x"}, {"Retry-After": date}),
                                   Reply(body=SUBMITTED)))
        self.client(server).submit(JPEG)
        self.assertAlmostEqual(self.slept[0], 100, delta=5)

    def test_a_submit_refused_with_429_or_503_is_sent_again_whole(self):
        for status in (429, 503):
            server = self.serve(script(Reply(status, {"message": "x"}), Reply(body=SUBMITTED)))
            self.client(server).submit(JPEG)
            self.assertEqual(len(server.asked), 2)
            for asked in server.asked:
                self.assertIn(JPEG, asked.body)

    def test_a_submit_that_may_have_arrived_is_never_sent_twice(self):
        for reply, kind in ((Reply(500, {"message": "x"}), ApiError),
                            (Reply(drop=True), ConnectionFailed)):
            server = self.serve(script(reply, Reply(body=SUBMITTED)))
            with self.assertRaises(kind):
                self.client(server).submit(JPEG)
            self.assertEqual(len(server.asked), 1)

    def test_a_get_is_tried_again_after_5xx_and_broken_connections(self):
        server = self.serve(script(Reply(500, {"message": "x"}), Reply(drop=True),
                                   Reply(body=job(), cut_at=5), Reply(body=job())))
        self.assertEqual(self.client(server).status("p1").progress, 100)
        self.assertEqual(len(server.asked), 4)

    def test_it_gives_up_and_tells_the_servers_words(self):
        server = self.serve(script(Reply(503, {"code": 503, "message": "draining"})))
        with self.assertRaisesRegex(ApiError, "draining"):
            self.client(server).balance()
        self.assertEqual(len(server.asked), 5)
        self.assertEqual(self.slept, sorted(self.slept), "each pause is longer than the one before")

    def test_4xx_is_not_tried_again(self):
        server = self.serve(script(Reply(404, {"code": 404, "message": "no such job"})))
        with self.assertRaises(ApiError) as caught:
            self.client(server).status("p1")
        self.assertEqual((caught.exception.status, caught.exception.message), (404, "no such job"))
        self.assertEqual((len(server.asked), self.slept), (1, []))

    def test_an_error_that_is_no_json_is_an_error_still(self):
        server = self.serve(script(Reply(502, b"<html>bad gateway</html>")))
        with self.assertRaises(ApiError) as caught:
            self.client(server).submit(JPEG)
        self.assertEqual(caught.exception.status, 502)


class Submit(ClientTest):
    def test_fields_go_before_the_file_and_the_key_in_its_header(self):
        server = self.serve(script(Reply(body=SUBMITTED)))
        settings = Settings(crop_to_fill=True, creativity=9, sharpen=0.5, prompt="häuser\r\n\"x\"")
        submission = self.client(server).submit(JPEG, settings, filename='a"b\r\n.jpg')
        self.assertEqual((submission.process_id, submission.source_id), ("p1", "s1"))
        asked = server.asked[0]
        self.assertEqual(asked.headers["X-API-Key"], "rk_secret")
        for name, value in (("crop_to_fill", "true"), ("creativity", "9"), ("sharpen", "0.5"),
                            ("prompt", "häuser\r\n\"x\"")):
            self.assertIn(f'name="{name}"\r\n\r\n{value}\r\n'.encode(), asked.body)
        self.assertIn(b'filename="a%22b%0D%0A.jpg"', asked.body)
        self.assertLess(asked.body.index(b'name="creativity"'), asked.body.index(b'name="image"'))
        self.assertIn(b"\r\n\r\n" + JPEG + b"\r\n--", asked.body)

    def test_a_file_is_read_in_pieces_from_where_it_stands(self):
        sizes = []

        class Watched(io.BytesIO):
            def read(self, size=-1):
                sizes.append(size)
                return super().read(size)

        file = Watched(b"skipped" + bytes(1_000_000))
        file.seek(7)
        server = self.serve(script(Reply(body=SUBMITTED)))
        self.client(server).submit(file)
        self.assertLessEqual(max(sizes), 1 << 16)
        self.assertNotIn(b"skipped", server.asked[0].body)

    def test_an_early_refusal_is_heard_while_sending(self):
        server = self.serve(script(Reply(413, {"message": "at most 500 MB"}, early=True)))
        with self.assertRaisesRegex((ApiError, ConnectionFailed), "500 MB|no answer"):
            self.client(server).submit(io.BytesIO(bytes(30_000_000)))

    def test_exactly_one_source(self):
        client = RecoverClient("http://127.0.0.1:1")
        for given in ({}, {"image": JPEG, "source_id": "x"},
                      {"source_id": "x", "source_url": "http://127.0.0.1/"}):
            with self.assertRaises(ValueError):
                client.submit(**given)

    def test_a_bad_base_url_is_told_at_once(self):
        for url in ("localhost:8080", "ftp://host/", "http://"):
            with self.assertRaises(ValueError):
                RecoverClient(url)


class Wait(ClientTest):
    def test_it_polls_less_and_less_often(self):
        answers = [Reply(body=job("Processing", n)) for n in range(12)] + [Reply(body=job())]
        seen = []
        done = self.client(self.serve(script(*answers))).wait("p1", on_progress=seen.append)
        self.assertTrue(done.is_final)
        self.assertEqual([entry.progress for entry in seen], list(range(12)) + [100])
        self.assertEqual(self.slept, sorted(self.slept))
        self.assertLessEqual(self.slept[-1], 5)

    def test_failed_and_cancelled_are_told_apart(self):
        for status, message in (("Failed", "the picture is damaged"), ("Cancelled", "")):
            server = self.serve(script(Reply(body=job(status, 10, message=message))))
            with self.assertRaises(JobFailed) as caught:
                self.client(server).wait("p1")
            self.assertEqual((caught.exception.status, caught.exception.message), (status, message))

    def test_the_callers_patience_ends(self):
        with self.assertRaises(WaitTimeout):
            self.client(self.serve(script(Reply(body=job("Pending", 0))))).wait("p1", timeout=20)
        self.assertLessEqual(sum(self.slept), 20)


class Downloads(ClientTest):
    def serve_file(self, *replies):
        """A server of one file; the first answers come from `replies`."""
        left = list(replies)

        def answer(asked):
            if not asked.path.startswith("/files/"):
                url = f"{server.url}/files/x?sig={len(server.asked)}"
                return Reply(body={"download_url": url, "head_url": url, "expiry": 9})
            if left:
                return left.pop(0)
            start = int(re.match(r"bytes=(\d+)-", asked.headers.get("Range", "bytes=0-"))[1])
            return Reply(206 if start else 200, JPEG[start:])

        server = self.serve(answer)
        return server

    def test_a_broken_download_goes_on_where_it_broke(self):
        server = self.serve_file(Reply(200, JPEG, cut_at=3000), Reply(drop=True))
        path = self.client(server).download("p1", self.folder / "out.jpg", output_format="jpg")
        self.assertEqual(path.read_bytes(), JPEG)
        ranges = [a.headers.get("Range") for a in server.asked if a.path.startswith("/files/")]
        self.assertEqual((ranges[0], ranges[-1]), (None, "bytes=3000-"))

    def test_a_server_without_ranges_is_read_from_the_start(self):
        server = self.serve_file(Reply(200, JPEG, cut_at=3000), Reply(200, JPEG))
        path = self.client(server).download("p1", self.folder / "out.jpg")
        self.assertEqual(path.read_bytes(), JPEG)

    def test_the_key_does_not_travel_with_the_signed_url(self):
        server = self.serve_file()
        self.client(server).download("p1", self.folder / "out.jpg")
        self.assertIn("X-API-Key", server.asked[0].headers)
        self.assertNotIn("X-API-Key", server.asked[1].headers)

    def test_what_is_no_such_picture_leaves_nothing(self):
        for body in (PNG, b"<html>sorry</html>", b""):
            server = self.serve_file(*[Reply(200, body)] * 5)
            with self.assertRaises(BadDownload):
                self.client(server).download("p1", self.folder / "out.jpg", output_format="jpeg")
            self.assertEqual(self.names(), [])

    def test_a_download_that_never_gets_whole_leaves_nothing(self):
        server = self.serve_file(*[Reply(200, JPEG, cut_at=100)] * 9)
        with self.assertRaises((BadDownload, ConnectionFailed)):
            self.client(server).download("p1", self.folder / "out.jpg")
        self.assertEqual(self.names(), [])

    def test_an_existing_file_stays_unless_asked(self):
        server = self.serve_file()
        out = self.folder / "out.jpg"
        out.write_bytes(b"mine")
        with self.assertRaises(FileExistsError):
            self.client(server).download("p1", out)
        self.assertEqual(out.read_bytes(), b"mine")
        self.client(server).download("p1", out, overwrite=True)
        self.assertEqual(out.read_bytes(), JPEG)
        self.assertEqual(self.names(), ["out.jpg"])


class Lists(ClientTest):
    def test_all_pages_are_walked(self):
        pages = {
            "": ([job(process_id="a"), job(process_id="b")], "c 1/"),
            "c 1/": ([job(process_id="c")], ""),
        }

        def answer(asked):
            cursor = "c 1/" if "cursor=c+1%2F" in asked.path else ""
            data, following = pages[cursor]
            more = {"next_cursor": following} if following else {}
            return Reply(body={"data": data, "pagination": {"has_next_page": bool(more), **more}})

        found = list(self.client(self.serve(answer)).jobs(page_size=2))
        self.assertEqual([entry.process_id for entry in found], ["a", "b", "c"])

    def test_fields_of_a_newer_server_are_passed_over_and_kept_raw(self):
        server = self.serve(script(Reply(body=job(shine=3, options_json='{"seed": 5}'))))
        found = self.client(server).status("p1")
        self.assertEqual((found.raw["shine"], found.options["seed"]), (3, 5))

    def test_bulk_estimates_keep_their_order_and_their_errors(self):
        answer = [{"status": "success", "credits": 2, "duration": 9},
                  {"status": "error", "code": 400, "message": "input_width"}]
        server = self.serve(script(Reply(body=answer)))
        good, bad = self.client(server).estimate_bulk([(9, 9, Settings(creativity=2)), (0, 1, Settings())])
        self.assertEqual((good.credits, bad.status, bad.message), (2, "error", "input_width"))
        sent = json.loads(server.asked[0].body)
        self.assertEqual(sent[0], {"creativity": 2, "input_width": 9, "input_height": 9})


class Batches(ClientTest):
    """A small server that finishes each job at the second look."""

    def setUp(self):
        super().setUp()
        self.jobs, self.submitted, self.bad = {}, 0, set()
        self.server = self.serve(self.answer)
        self.sources = []
        for name in "abc":
            path = self.folder / f"{name}.jpg"
            path.write_bytes(JPEG + name.encode())
            self.sources.append(path)
        self.out = self.folder / "out"

    def answer(self, asked):
        last = asked.path.split("?")[0].split("/")[-1]
        if asked.method == "POST":
            self.submitted += 1
            process_id = f"p{self.submitted}"
            self.jobs[process_id] = 0
            return Reply(body={**SUBMITTED, "process_id": process_id})
        if asked.path.startswith("/files/"):
            return Reply(body=JPEG + last.encode())
        if "/download/" in asked.path:
            url = f"{self.server.url}/files/{last}"
            return Reply(body={"download_url": url, "head_url": url, "expiry": 1})
        if last not in self.jobs:
            return Reply(404, {"message": "no such job"})
        self.jobs[last] += 1
        if last in self.bad:
            return Reply(body=job("Failed", 3, last, message="damaged"))
        done = self.jobs[last] > 1
        return Reply(body=job("Completed" if done else "Processing", 100 if done else 50, last))

    def run_batch(self, **more):
        return Batch(self.client(self.server), self.out, **more).run(self.sources)

    def test_all_are_done_and_a_second_run_asks_nothing(self):
        items = self.run_batch()
        self.assertEqual([item.outcome for item in items], ["done"] * 3)
        self.assertEqual([item.output.name for item in items],
                         [f"{name}-recovered.jpg" for name in "abc"])
        asked = len(self.server.asked)
        self.assertEqual([item.outcome for item in self.run_batch()], ["skipped"] * 3)
        self.assertEqual((len(self.server.asked), self.submitted), (asked, 3))

    def test_one_bad_picture_does_not_stop_the_rest_and_is_sent_anew_next_time(self):
        self.bad.add("p2")
        self.sources.append(self.folder / "gone.jpg")
        items = self.run_batch(at_once=1)
        self.assertEqual([item.outcome for item in items], ["done", "failed", "done", "failed"])
        self.assertIn("damaged", items[1].message)
        self.assertEqual([item.outcome for item in self.run_batch()],
                         ["skipped", "done", "skipped", "failed"])
        self.assertEqual(self.submitted, 4)

    def test_an_interrupted_run_waits_for_what_the_server_has(self):
        class Interrupted(Exception):
            pass

        def stop(_source, _job):
            raise Interrupted

        with self.assertRaises(Interrupted):
            self.run_batch(on_change=stop)
        self.assertEqual(self.submitted, 3)
        journal = self.out / ".recover-batch.jsonl"
        journal.write_bytes(journal.read_bytes()[:-1] + b'\n{"key": "cut sho')
        self.assertEqual([item.outcome for item in self.run_batch()], ["done"] * 3)
        self.assertEqual(self.submitted, 3, "nothing is charged twice")
        self.assertEqual([item.outcome for item in self.run_batch()], ["skipped"] * 3)

    def test_what_the_server_forgot_is_sent_anew(self):
        with self.assertRaises(ZeroDivisionError):
            self.run_batch(on_change=lambda *_: 1 / 0)
        self.jobs.clear()
        self.assertEqual([item.outcome for item in self.run_batch()], ["done"] * 3)

    def test_other_settings_or_another_picture_are_other_work(self):
        self.run_batch()
        self.sources[0].write_bytes(JPEG + b"changed")
        outcomes = [item.outcome for item in self.run_batch()]
        self.assertEqual(outcomes, ["done", "skipped", "skipped"])
        self.assertEqual(len(self.run_batch(settings=Settings(seed=1))), 3)
        self.assertEqual(self.submitted, 7)

    def test_two_sources_of_one_output_are_refused(self):
        other = self.folder / "a.png"
        other.write_bytes(PNG)
        self.sources.append(other)
        with self.assertRaisesRegex(ValueError, "would both become"):
            self.run_batch()

    def test_no_more_than_asked_are_under_way(self):
        most = []
        self.run_batch(at_once=2, on_change=lambda *_: most.append(
            sum(looks < 2 for looks in self.jobs.values())))
        self.assertLessEqual(max(most), 2)


class CommandLine(ClientTest):
    def test_settings_are_flags(self):
        parsed = command_line._parser().parse_args(
            ["submit", "x.jpg", "--crop-to-fill", "True", "--seed", "5", "--sharpen", "0.25"])
        self.assertEqual(command_line._settings(parsed),
                         Settings(crop_to_fill=True, seed=5, sharpen=0.25))

    def test_errors_are_a_line_and_an_exit_code(self):
        server = self.serve(script(Reply(401, {"message": "unknown key"})))
        self.assertEqual(command_line.main(["--url", server.url, "balance"]), 1)


class Formats(unittest.TestCase):
    def test_magic_bytes(self):
        samples = {
            "jpeg": JPEG, "png": PNG, "webp": b"RIFF\0\0\0\0WEBPVP8 ", "jxl": b"\xff\x0a\0",
            "avif": b"\0\0\0\x20ftypavif", "heic": b"\0\0\0\x20ftypheic",
        }
        for name, head in samples.items():
            self.assertEqual(formats.sniff(head), name)
        for head in (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"):
            self.assertEqual(formats.sniff(head + bytes(20)), "tiff")
        for head in (b"", b"<html>", b"RIFF\0\0\0\0WAVE", b"\0\0\0\x20ftypisom"):
            self.assertIsNone(formats.sniff(head))
        self.assertEqual((formats.canonical("JPG"), formats.canonical("tif")), ("jpeg", "tiff"))


if __name__ == "__main__":
    unittest.main(verbosity=2)
