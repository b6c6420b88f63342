"""Batches: a bad file is carried past, what is finished is skipped, names are kept apart."""

import os
import shutil

import cli
import pictures


class Batch(cli.CliTest):
    model = "identity"

    def setUp(self):
        super().setUp()
        for name in ("a", "b", "c"):
            pictures.write_png(self.work / f"{name}.png", pictures.waves(40, 30, seed=ord(name)))

    def test_a_bad_file_does_not_stop_the_rest(self):
        (self.work / "b.png").write_bytes((self.work / "b.png").read_bytes()[:60])
        done = self.enhance("a.png", "b.png", "c.png", "gone.png", code=None)
        self.assertEqual(done.returncode, 1, "failures for different reasons")
        self.assertEqual(
            self.names(), ["a-recovered.png", "a.png", "b.png", "c-recovered.png", "c.png"]
        )
        text = done.stderr.decode()
        self.assertIn("2 done", text)
        self.assertIn("2 failed", text)
        self.assertIn("b.png", text)
        self.assertIn("gone.png", text)

    def test_failures_of_one_kind_give_their_code(self):
        self.assertEqual(self.enhance("x.png", "a.png", "y.png", code=3).returncode, 3)

    def test_run_again_skips_what_is_finished(self):
        self.enhance("a.png", "b.png")
        before = (self.work / "a-recovered.png").stat()
        report = self.report("a.png", "b.png", "c.png")
        states = [item["status"] for item in report["pictures"]]
        self.assertEqual(states, ["skipped", "skipped", "done"])
        self.assertEqual((self.work / "a-recovered.png").stat().st_mtime_ns, before.st_mtime_ns)

    def test_finished_counts_for_the_same_settings_alone(self):
        self.enhance("a.png")
        done = self.enhance("a.png", "--creativity", "9", code=4)
        self.assertIn("--overwrite", done.stderr.decode())
        self.assertEqual(self.report("a.png", "-c9", "--overwrite")["summary"]["done"], 1)
        self.assertEqual(self.report("a.png", "-c9")["summary"]["skipped"], 1)
        self.enhance("a.png", code=4)

    def test_a_changed_input_is_not_finished(self):
        self.enhance("a.png")
        pictures.write_png(self.work / "a.png", pictures.waves(40, 30, seed=99))
        self.enhance("a.png", code=4)

    def test_a_touched_input_is_finished_still(self):
        self.enhance("a.png")
        os.utime(self.work / "a.png", (1, 1))
        self.assertEqual(self.report("a.png")["summary"]["skipped"], 1)

    def test_a_changed_output_is_not_taken_for_ours(self):
        self.enhance("a.png")
        (self.work / "a-recovered.png").write_bytes(b"mine")
        self.enhance("a.png", code=4)
        self.assertEqual((self.work / "a-recovered.png").read_bytes(), b"mine")

    def test_a_removed_output_is_made_again(self):
        self.enhance("a.png")
        first = (self.work / "a-recovered.png").read_bytes()
        (self.work / "a-recovered.png").unlink()
        self.assertEqual(self.report("a.png")["summary"]["done"], 1)
        self.assertEqual((self.work / "a-recovered.png").read_bytes(), first)

    def test_a_foreign_file_is_not_replaced_unasked(self):
        (self.work / "a-recovered.png").write_bytes(b"mine")
        self.enhance("a.png", code=4)
        self.assertEqual((self.work / "a-recovered.png").read_bytes(), b"mine")
        self.enhance("a.png", "--overwrite")
        self.assertNotEqual((self.work / "a-recovered.png").read_bytes(), b"mine")

    def test_a_folder_leaves_out_earlier_outputs(self):
        self.enhance(".")
        report = self.report(".")
        self.assertEqual(report["summary"]["skipped"], 3)
        self.assertEqual(len(report["pictures"]), 3)
        self.assertEqual(len(self.names()), 6)

    def test_recursive_keeps_the_tree(self):
        for sub in ("x", "x/y"):
            (self.work / sub).mkdir()
            shutil.copy(self.work / "a.png", self.work / sub / "a.png")
        self.enhance("-r", ".", "-o", "out")
        self.assertEqual(
            self.names(self.work / "out"),
            ["a-recovered.png", "b-recovered.png", "c-recovered.png"]
            + ["x/a-recovered.png", "x/y/a-recovered.png"],
        )
        self.assertEqual(self.report("-r", ".", "-o", "out")["summary"]["skipped"], 5)

    def test_two_inputs_never_share_an_output(self):
        self.enhance("a.png", "--format", "jpeg", "-o", "a.jpg")
        done = self.enhance("a.png", "a.jpg", "--format", "png", code=4)
        self.assertIn("a-recovered.png", done.stderr.decode())
        self.assertTrue((self.work / "a-recovered.png").exists())

    def test_the_input_is_never_written_over(self):
        before = (self.work / "a.png").read_bytes()
        self.enhance("a.png", "-o", "a.png", "--overwrite", code=2)
        os.symlink("a.png", self.work / "link.png")
        self.enhance("a.png", "-o", "link.png", "--overwrite", code=2)
        os.link(self.work / "a.png", self.work / "hard.png")
        self.enhance("a.png", "-o", "hard.png", "--overwrite", code=2)
        self.assertEqual((self.work / "a.png").read_bytes(), before)

    def test_names_with_odd_bytes_pass(self):
        name = "ä ö\n'\"$x.png"
        shutil.copy(self.work / "a.png", self.work / name)
        self.enhance(name)
        raw = os.path.join(os.fsencode(self.work), b"\xff\xfe.png")
        shutil.copy(self.work / "a.png", raw)
        done = self.run_recover("enhance", ".", "--json")
        self.assertIn(b"\xff\xfe-recovered.png", os.listdir(os.fsencode(self.work)))
        done.stdout.decode("utf-8")

    def test_a_glob_in_quotes_works(self):
        self.assertEqual(self.report("[ab].png")["summary"]["done"], 2)

    def test_an_unwritable_state_folder_is_no_obstacle(self):
        self.environment["RECOVER_STATE"] = "/dev/null/state"
        self.enhance("a.png")
        self.assertTrue((self.work / "a-recovered.png").exists())

    def test_a_missing_output_folder_is_made(self):
        self.enhance("a.png", "-o", "new/deep/")
        self.assertTrue((self.work / "new/deep/a-recovered.png").exists())


if __name__ == "__main__":
    cli.main()
