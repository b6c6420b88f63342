"""What may happen at the same moment: submits of a key that has little left, cancels while a job
ends, deletions of a picture that another submit wants."""

import collections
import concurrent.futures
import threading
import time

import api
import case
import photos

SECONDS = 5


class Races(case.SharedServerTest):
    def test_submits_at_once_never_spend_more_than_there_is(self):
        for _ in range(3):
            mine = self.new_api("--credits", "5")
            with concurrent.futures.ThreadPoolExecutor(20) as pool:
                replies = list(pool.map(lambda _: mine.try_submit(photos.jpeg(8, 8)), range(20)))
            codes = collections.Counter(reply.status for reply in replies)
            self.assertEqual(codes, {200: 5, 402: 15})
            for reply in replies:
                if reply.status == 200:
                    mine.finish(reply.json()["process_id"])
            self.assertEqual(mine.balance(), {
                "available_credits": 0, "reserved_credits": 0, "total_credits": 0})

    def test_a_cancel_as_the_job_ends_leaves_one_of_both(self):
        mine = self.new_api("--credits", "60")
        outcomes, delay = collections.Counter(), 0.2
        for _ in range(30):
            process_id = mine.submit(photos.jpeg(16, 16), output_width=300)
            time.sleep(delay)
            code = mine.delete(f"{api.CANCEL}/{process_id}").status
            status = mine.wait_for(process_id, lambda s: s["status"] in api.FINAL)["status"]
            outcomes[code, status, mine.status(process_id)["status"]] += 1
            # Nearer and nearer to the moment at which it ends.
            delay *= 1.3 if code == 204 else 0.8
        self.assertEqual(set(outcomes), {(204, "Cancelled", "Cancelled"),
                                         (409, "Completed", "Completed")}, outcomes)
        consumed = outcomes[409, "Completed", "Completed"]
        self.assertEqual(mine.balance()["available_credits"], 60 - consumed)
        self.server.check_credits()

    def test_an_input_is_never_pulled_from_under_a_job(self):
        mine = self.new_api()
        end = time.monotonic() + SECONDS
        first = mine.try_submit(photos.jpeg(12, 12)).json()
        source = {"id": first["source_id"]}
        taken, faults = [first["process_id"]], []
        stop = threading.Event()

        def reuse():
            while time.monotonic() < end:
                reply = mine.try_submit(source_id=source["id"])
                if reply.status == 200:
                    taken.append(reply.json()["process_id"])
                elif reply.status == 400:  # Gone with its last job: a new one.
                    answer = mine.try_submit(photos.jpeg(12, 12)).json()
                    taken.append(answer["process_id"])
                    source["id"] = answer["source_id"]
                else:
                    faults.append(reply)

        def clear():
            while not stop.is_set():
                if mine.delete(api.STATUS).status != 200:
                    faults.append("delete")

        def watch():
            while not stop.is_set():
                for job in mine.get(api.STATUS).json():
                    if job["status"] == "Failed":
                        faults.append(job)

        threads = [threading.Thread(target=work) for work in (clear, watch)]
        for thread in threads:
            thread.start()
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            list(pool.map(lambda _: reuse(), range(2)))
        stop.set()
        for thread in threads:
            thread.join()
        self.assertEqual(faults, [])
        self.assertGreater(len(taken), 20)
        for job in mine.get(api.STATUS).json():
            mine.finish(job["process_id"])
        mine.delete(api.STATUS)
        left = self.server.query("SELECT COUNT(*) FROM inputs WHERE source_id = ?", source["id"])
        self.assertEqual(left, [(0,)])
        self.assertNotIn(source["id"], self.server.blobs())

    def test_deletes_of_one_job_at_once_are_one_204(self):
        for _ in range(5):
            process_id = self.api.submit(photos.jpeg(8, 8))
            self.api.finish(process_id)
            with concurrent.futures.ThreadPoolExecutor(8) as pool:
                codes = list(pool.map(
                    lambda _: self.api.delete(f"{api.STATUS}/{process_id}").status, range(8)))
            self.assertEqual(sorted(codes), [204] + [404] * 7)


if __name__ == "__main__":
    case.main()
