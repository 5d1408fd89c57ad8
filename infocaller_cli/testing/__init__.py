"""For the tests of your application: what Infocaller would send, a handler asked in the process, an answer judged.

With pytest the fixture `infocaller` is there once this package is installed; anywhere else, `Infocaller()` is the same object.

    def test_an_event(infocaller, client):  # Django's or Flask's test client
        event = infocaller.event("FIN", {"PEDIDO": "2"}, seconds=95)
        assert client.post("/ev", data=event.form).status_code == 200
        assert client.post("/ev", data=event.tampered().form).status_code == 403

    def test_an_answer(infocaller, client):
        query = infocaller.query("ESTADO PEDIDO", {"NUMPEDIDO": 7})
        outcome = infocaller.check_answer(query, client.post("/orders", data=query.form))
        assert outcome.call_variables == {"NUMPEDIDO": "7", "PEDIDO": "2"}

    def test_a_handler(infocaller):
        assert infocaller.ask(status, "ESTADO PEDIDO", {"NUMPEDIDO": 7}).ok

    def test_a_call(infocaller, client):
        call = infocaller.simulate("order-status.toml", keys=["123456789"], app=client, to="/orders")
        assert call.variables == {"NUMPEDIDO": "123456789", "PEDIDO": "2"}

A script's own cases are tests too, where its file is named (`pytest order-status.toml`) or is called test_*.toml; the fixture
`infocaller_app` says which application they play against.

`Infocaller` makes messages, asks handlers and judges answers. A `Message` is one request: `form` for a test client that encodes it, or
`body` and `content_type`; `url` fills in the variables of a URL; `unsigned` and `tampered` are its bad brothers. An `Outcome` is what
became of a query: `result`, `text`, `variables` of the answer, `call_variables` afterwards, `problem`, `ok`. A `Simulated` call has
what was `heard`, the `requests` that were sent, the `variables`, the `end`. Values are text, as sent.

Importing this imports nothing else: the names are looked up when they are asked for.
"""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .calls import Simulated
    from .kit import Infocaller
    from .message import Message
    from .outcome import Outcome, Variables

__all__ = ["Infocaller", "Message", "Outcome", "Simulated", "Variables"]

_MODULES = {"Infocaller": "kit", "Message": "message", "Outcome": "outcome", "Simulated": "calls", "Variables": "outcome"}


if not TYPE_CHECKING:  # who checks types would take any misspelt name for one that is looked up

    def __getattr__(name: str) -> object:
        if name in _MODULES:
            from importlib import import_module

            return getattr(import_module(f".{_MODULES[name]}", __name__), name)
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return __all__
