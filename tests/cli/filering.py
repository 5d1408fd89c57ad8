"""A keyring that is a file beside this one: the tests copy it to where they want it, and name it in PYTHON_KEYRING_BACKEND."""

import json
import pathlib

from keyring import backend, errors

STORE = pathlib.Path(__file__).with_name("store.json")


class Keyring(backend.KeyringBackend):
    priority = 1
    name = "a file"

    def _all(self):
        with STORE.with_name("asked").open("a") as log:
            log.write("x")
        return json.loads(STORE.read_text()) if STORE.exists() else {}

    def get_password(self, service, user):
        return self._all().get(f"{service}/{user}")

    def set_password(self, service, user, password):
        STORE.write_text(json.dumps({**self._all(), f"{service}/{user}": password}))

    def delete_password(self, service, user):
        found = self._all()
        del found[f"{service}/{user}"]
        STORE.write_text(json.dumps(found))


class Locked(Keyring):
    def get_password(self, service, user):
        raise errors.KeyringLocked("the collection is locked")

    def set_password(self, service, user, password):
        raise RuntimeError(f"cannot store {password}\nmore")
