"""A full disk: uploads are 507, jobs fail with a message, nothing half stays, and all is well
again when there is space. Needs the right to mount a small file system."""

import os
import subprocess

import api
import case
import photos
from server import wait_until

MIB = 1 << 20


class FullDisk(case.ServedTest):
    def small_disk(self, megabytes):
        """A file system of that size, or a skip with the reason."""
        disk = self.folder / "disk"
        disk.mkdir()
        if os.geteuid() != 0:
            self.skipTest("no small disk can be mounted: not root")
        mount = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "none", disk],
                               capture_output=True, text=True, check=False)
        if mount.returncode != 0:
            self.skipTest("no small disk can be mounted: " + mount.stderr.strip())
        self.addCleanup(subprocess.run, ["umount", "-l", disk], check=False)
        return disk

    def serve_on(self, megabytes, *flags):
        self.disk = self.small_disk(megabytes)
        server = self.new_server(*flags, start=False)
        server.data = self.disk / "data"
        server.start()
        return server, api.Api(server)

    def fill(self, leave):
        """Takes all space but so many bytes."""
        space = os.statvfs(self.disk)
        size = space.f_bavail * space.f_frsize - leave
        with open(self.disk / "filler", "wb") as file:
            os.posix_fallocate(file.fileno(), 0, max(4096, size))

    def free(self):
        (self.disk / "filler").unlink()

    def test_below_the_stated_free_space_uploads_are_507(self):
        server, client = self.serve_on(64, "--min-free", "32M")
        done = client.submit(photos.jpeg())
        client.finish(done)
        self.fill(leave=8 * MIB)
        reply = client.try_submit(photos.jpeg())
        self.assertEqual(reply.status, 507, reply)
        self.assertEqual(client.get("/readyz").status, 503)
        self.assertEqual(client.get("/healthz").status, 200)
        self.assertEqual(client.status(done)["status"], "Completed", "reading goes on")
        self.assertEqual(len(client.result(done)) > 0, True)
        self.free()
        wait_until(lambda: client.get("/readyz").status == 200, "readiness", 20)
        client.finish(client.submit(photos.jpeg()))
        server.check_credits()

    def test_an_upload_that_does_not_fit_is_507_and_leaves_nothing(self):
        server, client = self.serve_on(48, "--min-free", "0")
        client.finish(client.submit(photos.jpeg()))
        blobs = server.blobs()
        self.fill(leave=1 * MIB)
        content = photos.png(1600, 1200)
        self.assertGreater(len(content), 2 * MIB)
        before = client.balance()
        for _ in range(3):
            reply = client.try_submit(content)
            self.assertEqual(reply.status, 507, reply)
        self.assertEqual(client.balance(), before)
        self.free()
        self.assertEqual(server.blobs(), blobs)
        left = [p.name for p in server.data.rglob("*") if ".recover-" in p.name]
        self.assertEqual(left, [])
        client.finish(client.submit(photos.jpeg()))
        server.check_credits()

    def test_a_result_that_does_not_fit_fails_the_job_with_a_message(self):
        server, client = self.serve_on(48, "--min-free", "0")
        before = client.balance()
        big = client.submit(photos.png(400, 300), output_width=2400, output_format="tiff")
        client.is_working(big)
        self.fill(leave=2 * MIB)  # The result takes 13 MB.
        status = client.finish(big, "Failed")
        self.assertRegex(status["message"], r"(?i)space|disk")
        self.assertEqual(client.balance(), before, "nothing is charged")
        self.free()
        client.finish(client.submit(photos.jpeg()))
        server.check_credits()

    def test_no_byte_left_at_all(self):
        server, client = self.serve_on(48, "--min-free", "0")
        done = client.submit(photos.jpeg())
        client.finish(done)
        self.fill(leave=0)
        for _ in range(5):
            reply = client.try_submit(photos.jpeg())
            self.assertEqual(reply.status, 507, reply)
        self.assertEqual(client.status(done)["status"], "Completed")
        self.assertTrue(server.is_running)
        self.free()
        client.finish(client.submit(photos.jpeg()))
        server.check_credits()
        self.assertEqual(server.stop(), 0)


if __name__ == "__main__":
    case.main()
