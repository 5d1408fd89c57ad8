"""What a user would otherwise write: a loop that posts every record of a capture: replay_loop.py httpx|aiohttp CAPTURE URL CONCURRENCY"""

import asyncio
import base64
import sys

import orjson


def _requests(capture):
    with open(capture, "rb") as lines:
        for line in lines:
            record = orjson.loads(line)
            headers = {name: values[0] for name, values in record["header"].items() if name not in ("Host", "Content-Length")}
            yield headers, base64.b64decode(record["body"])


async def _all(post, capture, concurrency):
    requests = _requests(capture)
    statuses = {}

    async def work():
        for headers, body in requests:
            status = await post(headers, body)
            statuses[status] = statuses.get(status, 0) + 1

    await asyncio.gather(*(work() for _ in range(concurrency)))
    return statuses


async def _httpx(capture, url, concurrency):
    import httpx

    async with httpx.AsyncClient(limits=httpx.Limits(max_connections=concurrency)) as client:

        async def post(headers, body):
            return (await client.post(url, content=body, headers=headers)).status_code

        return await _all(post, capture, concurrency)


async def _aiohttp(capture, url, concurrency):
    import aiohttp

    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=concurrency)) as session:

        async def post(headers, body):
            async with session.post(url, data=body, headers=headers) as answer:
                await answer.read()
                return answer.status

        return await _all(post, capture, concurrency)


def run():
    """Replay, and print how many answers had which status."""
    name, capture, url, concurrency = sys.argv[1:]
    loop = {"httpx": _httpx, "aiohttp": _aiohttp}[name]
    print(orjson.dumps(asyncio.run(loop(capture, url, int(concurrency))), option=orjson.OPT_NON_STR_KEYS).decode())
