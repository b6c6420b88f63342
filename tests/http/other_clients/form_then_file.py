"""In the manner of scripts with a form library: text parts first, file last; the status is
lower-cased; the result's first bytes are compared with what was asked for.

    form_then_file.py BASE_URL KEY INPUT OUTPUT
"""

import json
import sys
import time
import urllib.error
import urllib.request
import uuid

MAGIC = {"jpeg": b"\xff\xd8\xff", "png": b"\x89PNG", "tiff": b"II*\0"}


def call(method, url, key, body=None, content_type="application/json"):
    headers = {"X-API-Key": key, "Accept": "application/json", "Content-Type": content_type}
    request = urllib.request.Request(url, data=body, headers=headers, method=method)
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.status, json.loads(answer.read())
    except urllib.error.HTTPError as error:
        return error.code, json.loads(error.read())


def main(base, key, source, target):
    boundary = uuid.uuid4().hex
    fields = {"model": "Recovery V2", "output_format": "png", "output_width": "128",
              "face_enhancement": "true", "prompt": "a photograph"}
    body = b""
    for name, value in fields.items():
        body += f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
    body += (f'--{boundary}\r\nContent-Disposition: form-data; name="image"; filename="{source}"\r\n'
             "Content-Type: image/jpeg\r\n\r\n").encode()
    with open(source, "rb") as file:
        body += file.read() + f"\r\n--{boundary}--\r\n".encode()
    status, answer = call("POST", f"{base}/image/v1/enhance-gen/async", key, body,
                          f"multipart/form-data; boundary={boundary}")
    if status not in (200, 201, 202):
        sys.exit(f"submit: {status} {answer['message']}")
    job = answer["process_id"]

    # Too early on purpose: it must be 409, so that the loop goes on.
    early, _ = call("GET", f"{base}/image/v1/download/{job}", key)
    if early not in (200, 409):
        sys.exit(f"early download: {early}")
    for _ in range(300):
        _, answer = call("GET", f"{base}/image/v1/status/{job}", key)
        state = answer["status"].lower()
        if state == "completed":
            break
        if state in ("failed", "cancelled", "error"):
            sys.exit(f"job {state}")
        time.sleep(0.1)
    else:
        sys.exit("timed out")

    _, answer = call("GET", f"{base}/image/v1/download/{job}", key)
    with urllib.request.urlopen(answer["download_url"], timeout=60) as result:
        content = result.read()
    if not content.startswith(MAGIC["png"]):
        sys.exit("no PNG came")
    with open(target, "wb") as file:
        file.write(content)


if __name__ == "__main__":
    main(*sys.argv[1:])
