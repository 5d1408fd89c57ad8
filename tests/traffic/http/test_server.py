"""What the servers need of uvicorn is looked for before they start."""

import re
from pathlib import Path

import pytest
from uvicorn.protocols.http.flow_control import FlowControl
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from infocaller_cli import UsageError
from infocaller_cli.traffic.http import connection, corked, recording, server, whole


def test_this_uvicorn_has_it():
    assert server.configure(None, None).http is connection.Connection


@pytest.mark.parametrize(("owner", "name"), [(HttpToolsProtocol, "_start_asgi_task"), (FlowControl, "pause_reading")])
def test_a_uvicorn_without_it_is_refused(monkeypatch, owner, name):
    monkeypatch.delattr(owner, name)
    for method in (method for method in vars(owner).values() if hasattr(method, "__code__")):
        names = tuple("gone" if found == name else found for found in method.__code__.co_names)
        monkeypatch.setattr(method, "__code__", method.__code__.replace(co_names=names))
    with pytest.raises(UsageError, match=rf"uvicorn [\d.]+ cannot be used: its {owner.__name__} has no {name}") as caught:
        server.configure(None, None)
    assert "0.45 to 0.54" in caught.value.hint


def test_what_is_looked_for_is_used():
    source = "".join(Path(module.__file__).read_text("utf-8") for module in (connection, corked, recording, server, whole))
    for owner, names in server._RELIED_ON.items():
        for name in names.split():
            assert len(re.findall(rf"[.]{name}\b|def {name}\b", source)) > 0, f"{owner.__name__}.{name}"
