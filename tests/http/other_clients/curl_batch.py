"""In the manner of careful batch programs: curl does the work, the key travels on its standard
input, credits are estimated and compared with the balance first, a submit is never repeated,
what was sent is noted before waiting.

    curl_batch.py BASE_URL KEY INPUT OUTPUT
"""

import json
import pathlib
import subprocess
import sys
import time

SETTINGS = {"model": "Recover 3", "output_format": "jpeg", "crop_to_fill": "false", "grain": "false"}


class Api:
    def __init__(self, base, key):
        self.base, self.key = base, key

    def call(self, route, fields=None, image=None):
        command = ["curl", "-sS", "--connect-timeout", "15", "--max-time", "180", "--config", "-",
                   "-w", "\n%{http_code}", self.base + route]
        if fields is not None:
            command += ["-X", "POST"]
            for name, value in fields.items():
                command += ["--form-string", f"{name}={value}"]
        if image:
            command += ["-F", f"image=@{image};type=image/png"]
        done = subprocess.run(command, input=f'header = "X-API-KEY: {self.key}"\n', text=True,
                              capture_output=True, check=False)
        if done.returncode:
            sys.exit(f"curl ended with {done.returncode}: {done.stderr}")
        body, code = done.stdout.rsplit("\n", 1)
        if int(code) >= 400:
            sys.exit(f"{route}: {code} {body}")
        return json.loads(body)


def main(base, key, source, target):
    api = Api(base, key)
    size = {"output_width": 192, "output_height": 144}
    estimate = api.call("/image/v1/estimate-gen",
                        {**SETTINGS, **size, "input_width": 64, "input_height": 48})
    available = api.call("/account/v1/credits/balance")["available_credits"]
    if estimate["credits"] > available:
        sys.exit("not enough credits")
    job = api.call("/image/v1/enhance-gen/async", {**SETTINGS, **size}, image=source)["process_id"]
    pathlib.Path(target).with_suffix(".job").write_text(job, encoding="utf-8")
    deadline = time.monotonic() + 120
    while (status := api.call(f"/image/v1/status/{job}"))["status"] != "Completed":
        if status["status"] in ("Failed", "Cancelled") or time.monotonic() > deadline:
            sys.exit(f"job: {status}")
        time.sleep(0.1)
    answer = api.call(f"/image/v1/download/{job}")
    url = answer.get("download_url") or answer.get("url", "")
    if any(character in url for character in '\r\n"\\'):
        sys.exit("a URL that cannot be quoted")
    temporary = pathlib.Path(target).with_suffix(".download")
    subprocess.run(["curl", "-fsS", "--config", "-", "-o", str(temporary)], input=f'url = "{url}"\n',
                   text=True, check=True)
    temporary.replace(target)
    if api.call("/account/v1/credits/balance")["available_credits"] != available - estimate["credits"]:
        sys.exit("charged something else than estimated")


if __name__ == "__main__":
    main(*sys.argv[1:])
