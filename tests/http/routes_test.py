"""Every row of the table of routes: success, each failure code, and what holds for all."""

import json
import threading
import time
import uuid

import api
import case
import photos
from server import wait_until

UNKNOWN = "3f2504e0-4f89-41d3-9a0c-0305e82c3301"
STATUS_FIELDS = {
    "process_id": str, "filename": str, "input_format": str, "input_height": int,
    "input_width": int, "output_format": str, "output_height": int, "output_width": int,
    "category": str, "model_type": str, "model": str, "crop_to_fill": bool, "status": str,
    "progress": int, "eta": int, "creation_time": int, "modification_time": int, "credits": int,
}
OPTIONAL_FIELDS = {
    "source_id": str, "subject_detection": str, "face_enhancement": bool,
    "face_enhancement_strength": (int, float), "face_enhancement_creativity": (int, float),
    "options_json": str, "message": str,
}
AUTHENTICATED = [
    ("POST", api.ENHANCE), ("GET", api.STATUS), ("DELETE", api.STATUS),
    ("GET", f"{api.STATUS}/{UNKNOWN}"), ("DELETE", f"{api.STATUS}/{UNKNOWN}"),
    ("GET", f"{api.DOWNLOAD}/{UNKNOWN}"), ("GET", f"{api.DOWNLOAD}/input/{UNKNOWN}"),
    ("DELETE", f"{api.CANCEL}/{UNKNOWN}"), ("POST", api.ESTIMATE), ("POST", api.BULK),
    ("GET", api.BALANCE),
]
OF_ONE_JOB = AUTHENTICATED[3:8]
# Long enough to be caught at work on any machine.
LONG = {"output_width": 6000, "output_height": 4500}


class Routes(case.SharedServerTest):
    def check_status(self, status):
        """The documented fields, of their types, and no others."""
        for name, kind in STATUS_FIELDS.items():
            self.assertIsInstance(status[name], kind, name)
        for name in set(status) - set(STATUS_FIELDS):
            self.assertIsInstance(status[name], OPTIONAL_FIELDS[name], name)
        self.assertIn(status["status"], api.STATUSES)
        self.assertTrue(0 <= status["progress"] <= 100)
        self.assertEqual((status["category"], status["model_type"]), ("Enhance", "Generative"))
        self.assertLessEqual(status["creation_time"], status["modification_time"])
        self.assertIsInstance(json.loads(status["options_json"]), dict)

    # POST enhance-gen/async, GET status/{id}

    def test_submit_answers_in_body_and_headers(self):
        now = time.time()
        reply = self.api.try_submit(photos.jpeg())
        answer = reply.json()
        self.assertEqual(reply.status, 200)
        self.assertEqual(set(answer), {"process_id", "source_id", "eta"})
        for name in ("process_id", "source_id"):
            self.assertEqual(uuid.UUID(answer[name]).version, 4)
            self.assertEqual(str(uuid.UUID(answer[name])), answer[name])
        self.assertGreaterEqual(answer["eta"], int(now))
        self.assertLess(answer["eta"], now + 3600)
        self.assertEqual(reply.headers["x-process-id"], answer["process_id"])
        self.assertEqual(reply.headers["x-source-id"], answer["source_id"])
        self.assertEqual(reply.headers["x-eta"], str(answer["eta"]))

    def test_status_is_whole_from_the_first_answer_on(self):
        before = int(time.time())
        answer = self.api.try_submit(api.File(photos.jpeg(60, 40), "cat.jpg"), output_width=90)
        process_id = answer.json()["process_id"]
        first = self.api.status(process_id)
        self.check_status(first)
        self.assertEqual(first["filename"], "cat.jpg")
        self.assertEqual((first["input_width"], first["input_height"]), (60, 40))
        self.assertEqual((first["output_width"], first["output_height"]), (90, 60))
        self.assertEqual((first["input_format"], first["output_format"]), ("jpeg", "jpeg"))
        self.assertEqual((first["model"], first["crop_to_fill"]), ("Recover 3", False))
        self.assertEqual(first["source_id"], answer.json()["source_id"])
        self.assertGreaterEqual(first["creation_time"], before)
        self.assertEqual(first["credits"], 1)
        last = self.api.finish(process_id)
        self.check_status(last)
        self.assertEqual(last["progress"], 100)
        self.assertEqual(set(first) - {"message"}, set(last))

    def test_progress_never_falls_and_states_move_forward(self):
        process_id = self.api.submit(photos.jpeg(), output_width=2400, output_height=1800)
        seen = []
        self.api.wait_for(process_id, lambda s: seen.append(s) or s["status"] in api.FINAL)
        order = ["Pending", "Processing", "Completed"]
        self.assertEqual(seen[-1]["status"], "Completed")
        for one, two in zip(seen, seen[1:]):
            self.assertLessEqual(one["progress"], two["progress"])
            self.assertLessEqual(order.index(one["status"]), order.index(two["status"]))
            self.assertLessEqual(one["modification_time"], two["modification_time"])
        self.assertTrue(any(0 < s["progress"] < 100 for s in seen), "progress is told on the way")

    def test_submit_400(self):
        for parts in ([], [("model", "Recover 3")]):
            reply = self.api.post_parts(api.ENHANCE, parts)
            self.assertEqual(reply.status, 400, reply)
        # A picture's part without a file name is a picture still; this one is none.
        self.assertEqual(self.api.post_parts(api.ENHANCE, [("image", "text, no file")]).status, 415)
        for headers, body in (
            ({}, b""), ({"Content-Type": "multipart/form-data"}, b"--x--"),
            ({"Content-Type": "application/json"}, b"{}"),
            ({"Content-Type": "multipart/form-data; boundary=x"}, b"no boundary at all"),
            ({"Content-Type": "multipart/form-data; boundary=x"}, b'--x\r\nContent-Dispo'),
        ):
            reply = self.api.request("POST", api.ENHANCE, body=body, headers=headers)
            self.assertIn(reply.status, (400, 415), reply)

    def test_submit_415(self):
        for content in (b"", b"plain text", b"%PDF-1.7", b"GIF89a" + bytes(50), bytes(1000),
                        photos.jpeg()[:40], b"<svg xmlns='http://www.w3.org/2000/svg'/>"):
            reply = self.api.try_submit(content)
            self.assertEqual(reply.status, 415, (content[:20], reply))

    def test_submit_422_for_a_zero_side(self):
        for content in (photos.claiming_png(0, 10), photos.claiming_png(10, 0)):
            self.assertEqual(self.api.try_submit(content).status, 422)

    def test_submit_413_for_pixels(self):
        for content in (photos.claiming_png(6001, 4000), photos.claiming_jpeg(6001, 4000)):
            reply = self.api.try_submit(content)
            self.assertEqual(reply.status, 413, reply)
            self.assertIn("24 MP", reply.message)
        reply = self.api.try_submit(photos.jpeg(64, 48), output_width=32000, output_height=12001)
        self.assertEqual(reply.status, 413)
        self.assertEqual(reply.message, "Output image dimensions exceed maximum allowed of 384 MP.")
        process_id = self.api.submit(photos.jpeg(64, 48), output_width=32000, output_height=12000)
        self.assertEqual(self.api.status(process_id)["credits"], 96)
        self.assertEqual(self.api.delete(f"{api.CANCEL}/{process_id}").status, 204)

    def test_402_when_credits_run_out_and_nothing_is_stored(self):
        poor = self.new_api("--credits", "1")
        blobs = len(self.server.blobs())
        reply = poor.try_submit(photos.jpeg(), output_width=4000, output_height=2000)
        self.assertEqual((reply.status, reply.message), (402, "Insufficient funds."))
        self.assertEqual(poor.get(api.STATUS).json(), [])
        self.assertEqual(poor.balance()["available_credits"], 1)
        self.assertEqual(len(self.server.blobs()), blobs)
        process_id = poor.submit(photos.jpeg())
        self.assertEqual(poor.try_submit(photos.jpeg()).status, 402, "the one credit is reserved")
        poor.finish(process_id)

    # GET and DELETE of one job

    def test_one_job_400_for_what_is_no_uuid(self):
        for method, path in OF_ONE_JOB:
            for wrong in ("1", "x" * 36, UNKNOWN[:-1], "%00", "..%2F..%2Fetc"):
                reply = self.api.request(method, path.replace(UNKNOWN, wrong))
                self.assertEqual(reply.status, 400, (wrong, reply))

    def test_one_job_404_for_unknown_and_for_others_jobs(self):
        process_id = self.api.submit(photos.jpeg())
        other = self.new_api()
        for method, path in OF_ONE_JOB:
            self.assertEqual(self.api.request(method, path).status, 404)
            theirs = path.replace(UNKNOWN, process_id)
            self.assertEqual(other.request(method, theirs).status, 404, path)
        self.assertEqual(self.api.finish(process_id)["status"], "Completed")

    def test_ids_may_be_in_upper_case(self):
        process_id = self.api.submit(photos.jpeg())
        reply = self.api.get(f"{api.STATUS}/{process_id.upper()}")
        self.assertEqual(reply.status, 200)
        self.assertEqual(reply.json()["process_id"], process_id)

    def test_early_download_is_409_then_200(self):
        process_id = self.api.submit(photos.jpeg(), **LONG)
        self.assertEqual(self.api.get(f"{api.DOWNLOAD}/{process_id}").status, 409)
        self.assertEqual(self.api.get(f"{api.DOWNLOAD}/input/{process_id}").status, 200)
        self.api.is_working(process_id)
        self.assertEqual(self.api.get(f"{api.DOWNLOAD}/{process_id}").status, 409)
        self.assertEqual(self.api.delete(f"{api.STATUS}/{process_id}").status, 409)
        self.assertEqual(self.api.delete(f"{api.CANCEL}/{process_id}").status, 204)
        self.assertEqual(self.api.get(f"{api.DOWNLOAD}/{process_id}").status, 409)
        self.assertEqual(self.api.delete(f"{api.CANCEL}/{process_id}").status, 409)

    def test_cancel_pending_and_processing_gives_the_credits_back(self):
        mine = self.new_api("--credits", "20")
        running = mine.submit(photos.jpeg(), **LONG)
        mine.is_working(running)
        # The second may be taken up for decoding beside the first, the third must wait.
        mine.submit(photos.jpeg(), **LONG)
        waiting = mine.submit(photos.jpeg())
        self.assertEqual(mine.status(waiting)["status"], "Pending")
        for process_id in (waiting, running):
            self.assertEqual(mine.delete(f"{api.CANCEL}/{process_id}").status, 204)
            self.assertEqual(mine.status(process_id)["status"], "Cancelled")
        for job in mine.get(api.STATUS).json():
            if job["status"] not in api.FINAL:
                self.assertEqual(mine.delete(f"{api.CANCEL}/{job['process_id']}").status, 204)
        self.assertEqual(mine.balance(), {
            "available_credits": 20, "reserved_credits": 0, "total_credits": 20})
        # The device is free within a tile: another job is done soon.
        began = time.monotonic()
        mine.finish(mine.submit(photos.jpeg()))
        self.assertLess(time.monotonic() - began, 20)

    def test_delete_removes_the_job_and_its_files(self):
        process_id = self.api.submit(photos.jpeg())
        self.api.finish(process_id)
        urls = [self.api.download_url(process_id), self.api.download_url(process_id, "input/")]
        self.assertEqual(self.api.delete(f"{api.STATUS}/{process_id}").status, 204)
        self.assertEqual(self.api.get(f"{api.STATUS}/{process_id}").status, 404)
        self.assertEqual(self.api.delete(f"{api.STATUS}/{process_id}").status, 404)
        for url in urls:
            self.assertEqual(self.api.fetch(url).status, 410, "gone, not unknown")
            blob = url.split("/files/")[1].split("?")[0]
            self.assertNotIn(blob, self.server.blobs())

    def test_delete_all_takes_the_finished_alone_and_ones_own_alone(self):
        mine, other = self.new_api(), self.new_api()
        done = [mine.submit(photos.jpeg()) for _ in range(3)]
        theirs = other.submit(photos.jpeg())
        for process_id in done:
            mine.finish(process_id)
        other.finish(theirs)
        running = mine.submit(photos.jpeg(), **LONG)
        reply = mine.delete(api.STATUS)
        self.assertEqual((reply.status, reply.json()), (200, {"deleted_count": 3}))
        self.assertEqual([job["process_id"] for job in mine.get(api.STATUS).json()], [running])
        self.assertEqual(other.status(theirs)["status"], "Completed")
        self.assertEqual(mine.delete(f"{api.CANCEL}/{running}").status, 204)
        self.assertEqual(mine.delete(api.STATUS).json(), {"deleted_count": 1})
        self.assertEqual(mine.delete(api.STATUS).json(), {"deleted_count": 0})

    # Authentication

    def test_401_without_a_key_with_a_wrong_one_and_a_revoked_one(self):
        revoked = self.server.new_key("--name", "gone")
        self.server.recover("keys", "revoke", "gone", "--data", self.server.data)
        wrong = "rk_" + "A" * 43
        for method, path in AUTHENTICATED:
            self.assertEqual(self.api.request(method, path, key=False).status, 401)
            for text in (wrong, "", "Ä", revoked):
                headers = {"X-API-Key": text.encode("latin-1", "replace")}
                reply = self.api.request(method, path, headers=headers, key=False)
                self.assertEqual(reply.status, 401, (text, reply))
                self.assertNotIn(revoked, reply.body.decode())

    def test_both_headers_in_any_case(self):
        for headers in ({"X-API-Key": self.api.key}, {"x-api-key": self.api.key},
                        {"X-API-KEY": self.api.key}, {"Authorization": f"Bearer {self.api.key}"},
                        {"authorization": f"bearer {self.api.key}"}):
            self.assertEqual(self.api.get(api.BALANCE, headers=headers, key=False).status, 200)
        basic = {"Authorization": f"Basic {self.api.key}"}
        self.assertEqual(self.api.get(api.BALANCE, headers=basic, key=False).status, 401)

    def test_429_with_retry_after_at_the_keys_rate(self):
        slow = self.new_api("--rate", "2")
        replies = [slow.get(api.STATUS) for _ in range(12)]
        self.assertIn(429, [reply.status for reply in replies])
        self.assertEqual({reply.status for reply in replies}, {200, 429})
        for method, path in AUTHENTICATED[:-1]:
            codes = set()
            for _ in range(6):
                codes.add(slow.request(method, path).status)
            self.assertIn(429, codes, path)
        self.assertEqual(self.api.get(api.STATUS).status, 200, "others are not slowed down")

    # What holds for every route

    def test_unknown_routes_and_methods_are_json_errors(self):
        for path in ("/nowhere", "/image/v1", "/image/v1/enhance/async", "/image/v2/status",
                     "/image/v1/status/", "/account/v1/credits", "/files", "/image/v1/status/a/b"):
            self.assertIn(self.api.get(path).status, (400, 404), path)
        for method, path, allowed in (
            ("PUT", api.STATUS, {"GET", "DELETE"}), ("GET", api.ENHANCE, {"POST"}),
            ("POST", f"{api.STATUS}/{UNKNOWN}", {"GET", "DELETE"}), ("PATCH", api.BALANCE, {"GET"}),
            ("GET", f"{api.CANCEL}/{UNKNOWN}", {"DELETE"}), ("DELETE", "/healthz", {"GET"}),
            ("GET", api.ESTIMATE, {"POST"}), ("BREW", api.STATUS, {"GET", "DELETE"}),
        ):
            reply = self.api.request(method, path)
            self.assertEqual(reply.status, 405, reply)
            told = {word.strip() for word in reply.headers["allow"].split(",")}
            self.assertTrue(allowed <= told, (allowed, told))

    def test_head_is_get_without_a_body(self):
        for path in ("/healthz", "/openapi.json", "/docs"):
            get, head = self.api.get(path), self.api.request("HEAD", path)
            self.assertEqual((head.status, head.body), (get.status, b""))
            self.assertEqual(head.headers["content-length"], get.headers["content-length"])

    def test_options_tells_what_is_allowed_and_cors_is_off(self):
        reply = self.api.request("OPTIONS", api.STATUS, key=False,
                                 headers={"Origin": "https://evil.example",
                                          "Access-Control-Request-Method": "GET"})
        self.assertIn(reply.status, (200, 204))
        self.assertIn("GET", reply.headers["allow"])
        self.assertFalse([name for name in reply.headers if name.startswith("access-control")])
        got = self.api.get(api.BALANCE, headers={"Origin": "https://evil.example"})
        self.assertFalse([name for name in got.headers if name.startswith("access-control")])

    def test_every_answer_has_a_request_id_that_the_log_knows(self):
        for path in ("/healthz", "/nowhere", api.STATUS):
            request_id = self.api.get(path).headers["x-request-id"]
            self.assertRegex(request_id, r"^[0-9A-Za-z-]{8,}$")
            _soon(lambda request_id=request_id: request_id in self.server.log_text())

    def test_the_key_is_never_logged(self):
        self.api.get(api.BALANCE)
        self.api.get(f"{api.STATUS}?key={self.api.key}")
        self.api.get(api.BALANCE, headers={"Authorization": f"Bearer {self.api.key}"}, key=False)
        _soon(lambda: api.BALANCE in self.server.log_text())
        after = self.server.log_text().split("listening on", 1)[1]
        self.assertNotIn(self.api.key, after, "shown in the greeting alone")

    def test_keep_alive_serves_many_requests_on_one_connection(self):
        connection = api.http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=30)
        connection.connect()
        first = connection.sock
        for _ in range(50):
            connection.request("GET", api.BALANCE, headers={"X-API-Key": self.api.key})
            self.assertEqual(connection.getresponse().read()[:1], b"{")
            self.assertIs(connection.sock, first)
        # An error with an unread body must not confuse what follows.
        body, content_type = api.multipart([("creativity", "77"), ("image", api.File(b"x" * 99))])
        connection.request("POST", api.ENHANCE, body=body, headers={
            "X-API-Key": self.api.key, "Content-Type": content_type})
        self.assertEqual(connection.getresponse().read()[:1], b"{")
        connection.request("GET", "/healthz")
        self.assertEqual(connection.getresponse().status, 200)
        connection.close()

    def test_the_servers_own_pages(self):
        for path, kind in (("/healthz", ""), ("/readyz", ""), ("/metrics", "text/plain"),
                           ("/openapi.json", "application/json"), ("/docs", "text/html"),
                           ("/", "text/html")):
            reply = self.api.get(path, key=False)
            self.assertEqual(reply.status, 200, reply)
            self.assertTrue(reply.headers["content-type"].startswith(kind), reply.headers)

    def test_docs_ask_nobody_outside(self):
        for path in ("/docs", "/"):
            reply = self.api.get(path, key=False)
            text = reply.body.decode()
            outside = [word for word in ("src=\"http", "href=\"http://", "@import", "url(http")
                       if word in text]
            self.assertEqual(outside, [])
            self.assertIn("default-src", reply.headers.get("content-security-policy", ""))

    def test_metrics_tell_of_jobs_requests_and_the_queue(self):
        self.api.finish(self.api.submit(photos.jpeg()))
        text = self.api.get("/metrics", key=False).body.decode()
        names = {line.split("{")[0].split(" ")[0] for line in text.splitlines()
                 if line and line[0] != "#"}
        for word in ("queue", "seconds", "megapixels", "webhook", "http"):
            self.assertTrue([name for name in names if word in name], (word, names))
        self.assertIn('code="200"', text)

    def test_openapi_names_every_route_and_answer(self):
        spec = self.api.get("/openapi.json", key=False).json()
        self.assertTrue(spec["openapi"].startswith("3."))
        for method, path in AUTHENTICATED:
            generic = path.replace(UNKNOWN, "{process_id}")
            operation = spec["paths"][generic][method.lower()]
            for code in ("401", "429", "500") if path != api.BALANCE else ("401",):
                self.assertIn(code, operation["responses"], (method, generic))
        codes = set(spec["paths"][api.ENHANCE]["post"]["responses"])
        self.assertLessEqual({"200", "400", "401", "402", "403", "413", "415", "422", "429",
                              "500", "507", "503"} - {"403"}, codes)


class Lists(case.SharedServerTest):
    def setUp(self):
        super().setUp()
        self.api = self.new_api()
        first = self.api.try_submit(photos.jpeg(8, 8)).json()
        self.source_id = first["source_id"]
        self.ids = [first["process_id"]] + [self.add() for _ in range(11)]
        self.ids.reverse()

    def add(self):
        return self.api.submit(source_id=self.source_id)

    def page(self, **query):
        text = "&".join(f"{name}={value}" for name, value in query.items())
        return self.api.get(f"{api.STATUS}?paginated=true&{text}")

    def test_an_array_newest_first(self):
        reply = self.api.get(api.STATUS)
        self.assertEqual([job["process_id"] for job in reply.json()], self.ids)
        reply = self.api.get(f"{api.STATUS}?paginated=false&limit=3")
        self.assertEqual([job["process_id"] for job in reply.json()], self.ids[:3])

    def test_pages_are_stable_while_jobs_arrive(self):
        stop = threading.Event()
        arrived = []

        def insert():
            while not stop.is_set():
                arrived.append(self.add())

        thread = threading.Thread(target=insert)
        thread.start()
        try:
            for limit in (1, 5, 12, 100):
                seen, cursor = [], ""
                while True:
                    query = {"limit": limit, **({"cursor": cursor} if cursor else {})}
                    answer = self.page(**query).json()
                    self.assertLessEqual(len(answer["data"]), limit)
                    seen += [job["process_id"] for job in answer["data"]]
                    more = answer["pagination"]["has_next_page"]
                    self.assertEqual(more, "next_cursor" in answer["pagination"])
                    if not more:
                        break
                    cursor = answer["pagination"]["next_cursor"]
                self.assertEqual(len(seen), len(set(seen)), "nothing twice")
                self.assertEqual(seen[-12:], self.ids, "nothing lost, the order kept")
                times = [self.ids.index(i) if i in self.ids else -1 for i in seen]
                self.assertEqual(times, sorted(times))
        finally:
            stop.set()
            thread.join()
        self.assertTrue(arrived)

    def test_pages_survive_deletions(self):
        first = self.page(limit=4).json()
        for process_id in self.ids[2:6]:
            self.api.finish(process_id)
            self.api.delete(f"{api.STATUS}/{process_id}")
        rest = self.page(limit=100, cursor=first["pagination"]["next_cursor"]).json()
        self.assertEqual([job["process_id"] for job in rest["data"]], self.ids[6:])
        self.assertFalse(rest["pagination"]["has_next_page"])

    def test_limits_and_cursors_are_checked(self):
        self.assertEqual(self.page(limit=100).status, 200)
        for query, field in (({"limit": 0}, "limit"), ({"limit": 101}, "limit"),
                             ({"limit": "x"}, "limit"), ({"limit": -1}, "limit"),
                             ({"limit": "1.5"}, "limit"), ({"cursor": "nonsense"}, "cursor"),
                             ({"cursor": "%00"}, "cursor"), ({"cursor": "A" * 5000}, "cursor")):
            reply = self.page(**query)
            self.assertEqual(reply.status, 400, (query, reply))
            self.assertIn(field, reply.message)
        reply = self.api.get(f"{api.STATUS}?paginated=maybe")
        self.assertEqual(reply.status, 400)
        self.assertIn("paginated", reply.message)

    def test_a_cursor_shows_nothing_of_others(self):
        cursor = self.page(limit=4).json()["pagination"]["next_cursor"]
        other = self.new_api()
        reply = other.get(f"{api.STATUS}?paginated=true&cursor={cursor}")
        if reply.status == 200:
            self.assertEqual(reply.json()["data"], [])

    def test_a_page_has_fifty_unless_told_and_the_array_has_all(self):
        more = [self.add() for _ in range(45)]
        self.assertEqual(len(self.page().json()["data"]), 50)
        self.assertEqual(len(self.api.get(api.STATUS).json()), 57)
        self.assertEqual(self.api.get(api.STATUS).json()[0]["process_id"], more[-1])


def _soon(condition):
    """The log is written beside the answer."""
    wait_until(condition, "a log line", 10)


if __name__ == "__main__":
    case.main()
