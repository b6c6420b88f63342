"""The Python client of this tree against the real server, as a library and as a command."""

import io
import json
import os
import subprocess
import sys
import threading

import api
import case
import photos
import server as servers
from server import wait_until

PACKAGE = servers.SOURCE / "clients" / "python"
sys.path.insert(0, str(PACKAGE))
from recover_client import (ApiError, Batch, JobFailed, RecoverClient, Settings,  # noqa: E402
                            WaitTimeout)

LONG = Settings(output_width=6000, output_height=4500)


class Library(case.SharedServerTest):
    def setUp(self):
        super().setUp()
        self.client = RecoverClient(self.server.url, self.api.key)

    def picture(self, name="cat.jpg", **more):
        path = self.folder / name
        path.write_bytes(photos.jpeg(**more))
        return path

    def test_enhance(self):
        seen = []
        job = self.client.enhance(self.picture(), self.folder / "out.png",
                                  Settings(output_width=200, output_format="png", creativity=1),
                                  on_progress=seen.append)
        self.assertEqual((job.status, job.progress, job.output_height), ("Completed", 100, 150))
        self.assertEqual((job.filename, job.options["creativity"]), ("cat.jpg", 1))
        self.assertEqual(photos.opened((self.folder / "out.png").read_bytes()).size, (200, 150))
        self.assertTrue(seen)
        with self.assertRaises(FileExistsError):
            self.client.enhance(self.picture(), self.folder / "out.png")

    def test_pictures_as_bytes_files_and_sources(self):
        first = self.client.submit(photos.jpeg())
        second = self.client.submit(io.BytesIO(photos.png()), Settings(seed=1))
        third = self.client.submit(source_id=first.source_id)
        for submission in (first, second, third):
            self.assertEqual(self.client.wait(submission.process_id).status, "Completed")
        self.assertEqual(third.source_id, first.source_id)
        path = self.client.download_input(third.process_id, self.folder / "in.jpg")
        self.assertEqual(path.read_bytes(), photos.jpeg())

    def test_every_setting_is_taken(self):
        settings = Settings(
            model="Natural Enhance", output_width=60, output_height=60, crop_to_fill=True,
            output_format="webp", face_enhancement=True, face_enhancement_strength=0.5,
            face_enhancement_creativity=0.25, subject_detection="Foreground", prompt="a cat, ünd",
            autoprompt=False, creativity=7, texture=2, sharpen=0.5, denoise=0.25, detail=True,
            detail_strength=3.5, enhancement_strength=4, seed=2**62)
        job = self.client.wait(self.client.submit(photos.jpeg(), settings).process_id)
        told = {**job.options, **job.raw}
        for name, value in settings.form().items():
            self.assertIn(name, told)
            self.assertEqual(str(told[name]).lower().removesuffix(".0"), value.lower(), name)

    def test_cancel_delete_list_estimate_balance(self):
        before = self.client.balance()
        estimate = self.client.estimate(64, 48, LONG)
        running = self.client.submit(photos.jpeg(), LONG)
        self.assertEqual(self.client.status(running.process_id).credits, estimate.credits)
        self.assertEqual(self.client.balance().reserved_credits - before.reserved_credits, estimate.credits)
        with self.assertRaises(ApiError) as caught:
            self.client.download_info(running.process_id)
        self.assertEqual(caught.exception.status, 409)
        with self.assertRaises(WaitTimeout):
            self.client.wait(running.process_id, timeout=0.5)
        self.client.cancel(running.process_id)
        with self.assertRaises(JobFailed) as failed:
            self.client.wait(running.process_id)
        self.assertEqual(failed.exception.status, "Cancelled")
        self.assertEqual(self.client.balance(), before)
        ids = [job.process_id for job in self.client.jobs(page_size=1)]
        self.assertEqual(ids[0], running.process_id)
        self.assertEqual(len(set(ids)), len(ids))
        self.client.delete(running.process_id)
        self.assertNotIn(running.process_id, [job.process_id for job in self.client.jobs()])
        bulk = self.client.estimate_bulk([(64, 48, LONG), (0, 5, Settings())])
        self.assertEqual([item.status for item in bulk], ["success", "error"])
        self.assertEqual(bulk[0].credits, estimate.credits)

    def test_refusals_are_the_servers_words(self):
        with self.assertRaisesRegex(ApiError, "creativity"):
            self.client.submit(photos.jpeg(), Settings(creativity=10))
        with self.assertRaises(ApiError) as caught:
            RecoverClient(self.server.url, "rk_wrong").balance()
        self.assertEqual(caught.exception.status, 401)

    def test_an_early_refusal_reaches_a_client_that_still_sends(self):
        large = self.folder / "large.jpg"
        large.write_bytes(photos.jpeg()[:20] + bytes(40_000_000))
        huge = self.folder / "huge.jpg"
        with open(huge, "wb") as file:
            file.truncate(501_000_000)
        stranger = RecoverClient(self.server.url, "rk_wrong")
        for client, path, settings, status in (
            (stranger, large, Settings(), 401), (self.client, large, Settings(creativity=77), 400),
            (self.client, large, Settings(), 415), (self.client, huge, Settings(), 413),
        ):
            with self.assertRaises(ApiError) as caught:
                client.submit(path, settings)
            self.assertEqual(caught.exception.status, status)

    def test_a_rate_limit_is_waited_out(self):
        slow = RecoverClient(self.server.url, self.server.new_key("--rate", "4"))
        for _ in range(12):
            slow.balance()
            next(slow.jobs(), None)

    def test_batch(self):
        sources = [self.picture(f"{n}.jpg", width=40 + n) for n in range(5)]
        broken = self.folder / "broken.jpg"
        broken.write_bytes(b"no picture")
        items = Batch(self.client, self.folder / "out", Settings(output_format="png")).run(
            [*sources, broken])
        self.assertEqual([item.outcome for item in items], ["done"] * 5 + ["failed"])
        for number, item in enumerate(items[:5]):
            self.assertEqual(photos.opened(item.output.read_bytes()).size, (40 + number, 48))


class Command(case.ServedTest):
    def setUp(self):
        super().setUp()
        self.server = self.new_server()
        self.environment = {**os.environ, "PYTHONPATH": str(PACKAGE), "PYTHONDONTWRITEBYTECODE": "1",
                            "RECOVER_URL": self.server.url, "RECOVER_API_KEY": self.server.key}
        (self.folder / "a.jpg").write_bytes(photos.jpeg())

    def command(self, *arguments):
        return [sys.executable, "-m", "recover_client", *map(str, arguments)]

    def run_command(self, *arguments, code=0):
        done = subprocess.run(self.command(*arguments), cwd=self.folder, env=self.environment,
                              capture_output=True, text=True, timeout=120, check=False)
        self.assertEqual(done.returncode, code, done)
        return done.stdout

    def test_each_command(self):
        self.run_command("enhance", "a.jpg", "out.jpg", "--output-width", "100")
        self.assertEqual(photos.opened((self.folder / "out.jpg").read_bytes()).size, (100, 75))
        process_id = json.loads(self.run_command("submit", "a.jpg", "--seed", "5"))["process_id"]
        self.assertEqual(json.loads(self.run_command("wait", process_id))["status"], "Completed")
        self.assertEqual(json.loads(self.run_command("status", process_id))["progress"], 100)
        self.run_command("download", process_id, "again.jpg")
        self.run_command("download", process_id, "again.jpg", code=1)
        self.assertEqual(len(self.run_command("list").splitlines()), 2)
        self.run_command("delete", process_id)
        self.run_command("cancel", process_id, code=1)
        self.assertEqual(json.loads(self.run_command("estimate", "3000", "2000"))["credits"], 2)
        self.assertEqual(json.loads(self.run_command("balance"))["available_credits"], 999_998)
        self.run_command("enhance", "gone.jpg", "x.jpg", code=1)
        self.run_command("enhance", "a.jpg", "x.jpg", "--creativity", "x", code=2)

    def test_a_batch_killed_midway_goes_on_and_pays_once(self):
        names = []
        for number in range(6):
            names.append(f"p{number}.jpg")
            (self.folder / names[-1]).write_bytes(photos.jpeg(60 + number, 48))
        arguments = ("batch", *names, "-o", "out", "--output-width", "1000", "--at-once", "3")
        for moment in (1, 4):
            process = subprocess.Popen(self.command(*arguments), cwd=self.folder, env=self.environment,
                                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            wait_until(lambda m=moment: len(self.server.query("SELECT 1 FROM jobs")) >= m
                       or process.poll() is not None, "some jobs", 60)
            process.kill()
            process.wait()
        self.run_command(*arguments)
        outputs = sorted(p.name for p in (self.folder / "out").glob("*-recovered.jpg"))
        self.assertEqual(len(outputs), 6)
        for name in outputs:
            self.assertEqual(photos.opened((self.folder / "out" / name).read_bytes()).size[0], 1000)
        jobs = len(self.server.query("SELECT 1 FROM jobs"))
        self.assertLessEqual(jobs, 8, "at most one job a kill was sent and not noted")
        self.server.check_credits()

    def test_waiting_goes_on_over_a_restart_of_the_server(self):
        client = RecoverClient(self.server.url, self.server.key)
        submission = client.submit(photos.jpeg(), Settings(output_width=2600))
        done = []
        waiter = threading.Thread(target=lambda: done.append(client.wait(submission.process_id)))
        waiter.start()
        api.Api(self.server).is_working(submission.process_id)
        self.server.kill()
        self.server.start()
        waiter.join(120)
        self.assertEqual(done[0].status, "Completed")


if __name__ == "__main__":
    case.main()
