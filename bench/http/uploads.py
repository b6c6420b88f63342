"""Clients that upload pictures, each on its own keep-alive connection, at the speed of a network.

On loopback a whole picture fits into the kernel's buffers, so a client that writes as fast as it can
is "finished" long before the server has read anything. Each client here is paced: its bytes leave
evenly over `upload_seconds`, so that the time after the last byte is the server's own.
"""

import asyncio
import json
import random
import socket
import time
from dataclasses import dataclass, field

CHUNK_BYTES = 32 << 10
BOUNDARY = "recover-load-7d1f"
ANSWER_SECONDS = 60  # without an answer for so long = dropped


@dataclass
class Uploads:
    """What came of them. Latencies: seconds from the last byte of the request to the whole answer."""

    accepted: list[float] = field(default_factory=list)
    process_ids: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)  # answers other than 200
    dropped: list[str] = field(default_factory=list)  # connections that broke


def multipart(picture: bytes, output_width: int) -> bytes:
    """A submit's body; output_width 0 = the picture's own size."""
    field = (f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="output_width"\r\n\r\n{output_width}\r\n'
             if output_width else "")
    head = (field + f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="image"; filename="photo.jpg"\r\n'
            "Content-Type: image/jpeg\r\n\r\n")
    return head.encode() + picture + f"\r\n--{BOUNDARY}--\r\n".encode()


def request_of(port: int, key: str, picture: bytes, output_width: int = 0) -> bytes:
    body = multipart(picture, output_width)
    head = (f"POST /image/v1/enhance-gen/async HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nX-API-Key: {key}\r\n"
            f"Content-Type: multipart/form-data; boundary={BOUNDARY}\r\nContent-Length: {len(body)}\r\n\r\n")
    return head.encode() + body


async def read_answer(reader: asyncio.StreamReader) -> tuple[int, bytes]:
    head = await reader.readuntil(b"\r\n\r\n")
    status = int(head.split(b" ", 2)[1])
    length = next(int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length"))
    return status, await reader.readexactly(length)


async def send_paced(writer: asyncio.StreamWriter, request: bytes, seconds: float) -> None:
    """Leaves when the last byte is with the kernel."""
    start = time.monotonic()
    for at in range(0, len(request), CHUNK_BYTES):
        late = start + seconds * at / len(request) - time.monotonic()
        if late > 0:
            await asyncio.sleep(late)
        writer.write(request[at:at + CHUNK_BYTES])
        await writer.drain()


async def one_client(port: int, request: bytes, upload_seconds: float, end: float, result: Uploads) -> None:
    try:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.transport.set_write_buffer_limits(0)  # drain() = the kernel has it
        writer.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        await asyncio.sleep(random.uniform(0, upload_seconds))
        while time.monotonic() < end:
            await send_paced(writer, request, upload_seconds * random.uniform(0.75, 1.25))
            last_byte = time.monotonic()
            status, body = await asyncio.wait_for(read_answer(reader), ANSWER_SECONDS)
            if status == 200:
                result.accepted.append(time.monotonic() - last_byte)
                result.process_ids.append(json.loads(body)["process_id"])
            else:
                result.refused.append(f"{status} {body[:200].decode(errors='replace')}")
        writer.close()
    except (OSError, asyncio.IncompleteReadError, asyncio.TimeoutError, ValueError) as error:
        result.dropped.append(repr(error))


async def run_clients(port: int, key: str, picture: bytes, clients: int, upload_seconds: float,
                      seconds: float) -> Uploads:
    result = Uploads()
    request = request_of(port, key, picture)
    end = time.monotonic() + seconds
    await asyncio.gather(*(one_client(port, request, upload_seconds, end, result) for _ in range(clients)))
    return result


def upload(port: int, key: str, picture: bytes, clients: int, upload_seconds: float, seconds: float) -> Uploads:
    """`clients` upload one picture after the other for `seconds`; then each ends the one it is at."""
    return asyncio.run(run_clients(port, key, picture, clients, upload_seconds, seconds))


def submit(port: int, key: str, picture: bytes, count: int, output_width: int) -> list[str]:
    """`count` jobs, one after the other; their ids."""
    async def run() -> list[str]:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        ids = []
        for _ in range(count):
            writer.write(request_of(port, key, picture, output_width))
            await writer.drain()
            status, body = await read_answer(reader)
            if status != 200:
                raise SystemExit(f"a submit was answered {status}: {body.decode(errors='replace')}")
            ids.append(json.loads(body)["process_id"])
        writer.close()
        return ids
    return asyncio.run(run())
