"""Inputs and results are removed when their time is over, rows, files and URLs alike."""

import time

import api
import case
import photos
from server import wait_until

# Days: some 8 seconds.
SHORT = "0.0001"


class Retention(case.ServedTest):
    def test_after_its_time_a_job_and_its_files_are_gone(self):
        server = self.new_server("--retention-days", SHORT)
        client = api.Api(server)
        began = time.monotonic()
        answer = client.try_submit(photos.jpeg()).json()
        process_id, source_id = answer["process_id"], answer["source_id"]
        client.finish(process_id)
        urls = [client.download_url(process_id), client.download_url(process_id, "input/")]
        balance = client.balance()
        wait_until(lambda: client.get(f"{api.STATUS}/{process_id}").status == 404, "retention", 150)
        self.assertGreater(time.monotonic() - began, 7)
        wait_until(lambda: not server.blobs(), "the files to go", 150)
        for url in urls:
            self.assertEqual(client.fetch(url).status, 410)
        self.assertEqual(client.get(api.STATUS).json(), [])
        reply = client.try_submit(source_id=source_id)
        self.assertEqual(reply.status, 400)
        self.assertIn("source_id", reply.message)
        self.assertEqual(client.balance(), balance, "credits are not touched by it")
        moves = server.query("SELECT kind FROM credit_events WHERE process_id = ?", process_id)
        self.assertEqual(sorted(moves), [("consume",), ("reserve",)], "the audit stays")

    def test_a_restart_with_a_short_time_clears_what_is_old_and_files_without_a_row(self):
        server = self.new_server()
        client = api.Api(server)
        process_id = client.submit(photos.jpeg())
        client.finish(process_id)
        server.stop()
        stray = server.data / "blobs" / "ab" / "abababab-abab-4bab-8bab-abababababab"
        stray.parent.mkdir(exist_ok=True)
        stray.write_bytes(b"of a crash")
        server.start()
        self.assertEqual(client.status(process_id)["status"], "Completed")
        self.assertEqual(client.fetch(client.download_url(process_id)).status, 200)
        server.stop()
        server.flags = ["--retention-days", "0"]
        server.start()
        wait_until(lambda: client.get(f"{api.STATUS}/{process_id}").status == 404, "retention", 150)
        wait_until(lambda: not [b for b in server.blobs() if b != stray.name], "the files to go", 150)


if __name__ == "__main__":
    case.main()
