"""What a user would otherwise write: a loop that posts one fixed query: calling_loop.py URL COUNT"""

import sys

import httpx
from serving import query


def run():
    """Post."""
    url, count = sys.argv[1], int(sys.argv[2])
    body, headers = query(), {"Content-Type": "application/x-www-form-urlencoded"}
    with httpx.Client() as client:
        for _ in range(count):
            client.post(url, content=body, headers=headers).raise_for_status()
