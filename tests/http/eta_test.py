"""After ten jobs the server knows its speed: forecasts hold within a factor of two."""

import time

import api
import case
import photos


class Eta(case.SharedServerTest):
    def test_within_a_factor_of_two_after_ten_jobs(self):
        for number in range(10):
            side = 400 + 60 * number
            self.api.finish(self.api.submit(photos.jpeg(64, 48), output_width=side))
        size = {"input_width": 64, "input_height": 48, "output_width": 2600}
        told = self.api.post_json(api.ESTIMATE, size).json()["duration"]
        began = time.time()
        replies = [self.api.try_submit(photos.jpeg(64, 48), output_width=2600).json() for _ in range(2)]
        ended = []
        for reply in replies:
            self.api.finish(reply["process_id"])
            ended.append(time.time())
        took = ended[0] - began
        print(f"estimate {told} s, took {took:.1f} s; "
              f"eta {[reply['eta'] - began for reply in replies]}, {[end - began for end in ended]}")
        # Whole seconds: half of one for rounding beside the factor.
        self.assertTrue(took / 2 - 0.5 <= told <= took * 2 + 1, (told, took))
        for reply, end in zip(replies, ended):
            wait, real = reply["eta"] - began, end - began
            self.assertTrue(real / 2 - 1 <= wait <= real * 2 + 1, (wait, real))

    def test_eta_of_a_finished_job_is_no_promise_any_more(self):
        process_id = self.api.submit(photos.jpeg())
        status = self.api.finish(process_id)
        self.assertLessEqual(status["eta"], time.time() + 2)


if __name__ == "__main__":
    case.main()
