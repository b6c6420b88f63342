"""--single-user: no key on loopback, and no other site's page may use that."""

import api
import case
import photos
from server import KEY


class SingleUser(case.SharedServerTest):
    flags = ("--single-user",)

    def get(self, path=api.BALANCE, **headers):
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.api.request("GET", path, headers=named, key=False)

    def test_everything_works_without_a_key(self):
        self.api.key = None
        self.assertEqual(self.get().status, 200)
        status, result = self.api.enhance(photos.jpeg(), output_width=100)
        self.assertEqual(photos.opened(result).size, (100, 75))
        self.assertEqual(self.api.get(api.STATUS).json()[0]["process_id"], status["process_id"])
        self.assertEqual(self.api.delete(f"{api.STATUS}/{status['process_id']}").status, 204)

    def test_no_key_is_shown_for_it(self):
        self.assertIsNone(KEY.search(self.server.log_text()))

    def test_names_of_this_machine_are_right(self):
        port = self.server.port
        for host in (f"127.0.0.1:{port}", f"localhost:{port}", f"LOCALHOST:{port}", f"[::1]:{port}"):
            self.assertEqual(self.get(Host=host).status, 200, host)
        for host in (f"127.0.0.1:{port}", f"localhost:{port}"):
            self.assertEqual(self.get(Host=host, Origin=f"http://{host}").status, 200, host)

    def test_other_hosts_are_403_against_rebinding(self):
        port = self.server.port
        for host in ("evil.example", f"evil.example:{port}", f"127.0.0.1.evil.example:{port}",
                     f"localhost.evil.example:{port}", f"evil-localhost:{port}", f"10.0.0.1:{port}", ""):
            for path in (api.BALANCE, api.STATUS, "/"):
                reply = self.get(path, Host=host)
                self.assertIn(reply.status, (400, 403), (host, path, reply))

    def test_pages_of_other_origins_are_403(self):
        port = self.server.port
        for origin in ("https://evil.example", f"http://evil.example:{port}", "null",
                       f"http://localhost.evil.example:{port}", f"http://127.0.0.1:{port + 1}",
                       f"https://127.0.0.1:{port}.evil.example", "file://"):
            reply = self.get(Host=f"127.0.0.1:{port}", Origin=origin)
            self.assertEqual(reply.status, 403, (origin, reply))
            reply = self.api.post_parts(api.ENHANCE, [("image", api.File(photos.jpeg()))], key=False,
                                        headers={"Origin": origin})
            self.assertEqual(reply.status, 403, (origin, reply))
        self.assertEqual(self.get(api.STATUS, Host=f"localhost:{port}").json(), [])

    def test_a_form_of_another_site_is_403_though_it_sends_no_origin(self):
        for site in ("cross-site", "same-site"):
            reply = self.get(Host=f"127.0.0.1:{self.server.port}", Sec_Fetch_Site=site)
            self.assertIn(reply.status, (200, 403), site)

    def test_signed_urls_lead_to_the_host_that_asked(self):
        self.api.key = None
        process_id = self.api.submit(photos.jpeg())
        self.api.finish(process_id)
        reply = self.get(f"{api.DOWNLOAD}/{process_id}", Host=f"localhost:{self.server.port}")
        self.assertTrue(reply.json()["download_url"].startswith(f"http://localhost:{self.server.port}/"))


class Restarted(case.ServedTest):
    def test_jobs_stay_ones_own_over_a_restart_and_any_key_is_passed_over(self):
        server = self.new_server("--single-user")
        client = api.Api(server, "")
        process_id = client.submit(photos.jpeg())
        client.finish(process_id)
        server.stop()
        server.start()
        self.assertEqual(client.status(process_id)["status"], "Completed")
        # Programs that must be given a key get through with whatever they send.
        for key in (server.new_key(), "rk_" + "A" * 43, "x"):
            self.assertEqual(api.Api(server, key).status(process_id)["status"], "Completed")


if __name__ == "__main__":
    case.main()
