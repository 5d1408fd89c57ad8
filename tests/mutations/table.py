"""What is broken: a text that stands once in a file of the package, what takes its place, and the tests that should notice."""

from typing import NamedTuple


class Breakage(NamedTuple):
    """`file` is below the package, `tests` below tests/ (files, folders or single tests)."""

    file: str
    old: str
    new: str
    tests: tuple[str, ...]


def _of(tests, *breakages):
    return [Breakage(file, old, new, tuple(tests.split())) for file, old, new in breakages]


BREAKAGES = [
    # codec
    *_of(
        "codec/test_values.py codec/test_rules.py codec/test_catalogue.py codec/test_codec.py",
        ("codec/variable_checks.py", "if status is not None:", "if status:"),
        ("codec/time_checks.py", "if between < 0:", "if between <= 0:"),
        ("codec/checks.py", "not international.endswith(line.lstrip", "not international.startswith(line.lstrip"),
        ("codec/variable_checks.py", "if value != value.strip():", "if value != value.rstrip():"),
        ("codec/variable_checks.py", "seen[name.lower()] = name", "seen[name] = name"),
        ("codec/checks.py", 'elif detail.value is Value.CODE and text not in ("0", "1"):', "elif False:"),
        ("codec/rules.py", "return sorted(findings, key=lambda finding: finding.row or 0)", "return findings"),
        ("codec/values.py", "len(decimals) >= COST_DECIMALS", "len(decimals) > COST_DECIMALS"),
        ("codec/values.py", "len(text) <= WHOLE_DIGITS and ", ""),
    ),
    *_of(
        "cli/documents/test_validate.py cli/test_reports.py codec/test_catalogue.py",
        ("codec/rules.py", "if finding.code not in ignore]", "if True]"),
        ("codec/rules.py", "for finding in kept] if strict else kept", "for finding in kept] if False else kept"),
        ("codec/rules.py", 'return all(finding.level != "error" for finding in findings)', "return not findings"),
    ),
    *_of(
        "codec/test_signature.py cli/documents/test_verify.py",
        ("codec/signature.py", "signature.lower()", "signature"),
        ("codec/signature.py", "len(password) <= _FEW_DIGITS", "len(password) < _FEW_DIGITS"),
    ),
    *_of(
        "codec/test_form.py cli/documents/test_sign.py",
        ("codec/form.py", 're.sub(_NO_ESCAPE, b"%25", text)', "text"),
        ("codec/form.py", "at += 3 if escape.match(body, at) else 1", "at += 1"),
        (
            "codec/form.py",
            "if start:\n                raise _twice()",
            "if False:\n                raise _twice()",
        ),
        ("codec/form.py", 'stripped = body.rstrip(b"\\r\\n")', "stripped = body"),
        (
            "codec/edit.py",
            "if cdata := _ALL_CDATA.fullmatch(text, start, end):",
            "if False and (cdata := _ALL_CDATA.fullmatch(text, start, end)):",
        ),
    ),
    *_of(
        "codec/test_json_wire.py codec/test_xml_wire.py codec/test_codec.py codec/test_text.py",
        ("codec/xml_writer.py", ', "\\t": "&#9;"', ""),
        ("codec/xml_writer.py", "if charset == LATIN1 and not text.isascii() and to_text(data).charset == UTF8:", "if False:"),
        ("codec/json_wire.py", 'if "e" not in number and "E" not in number:', 'if "e" not in number:'),
        ("codec/json_wire.py", 'out[name] = None if value == "" else', "out[name] ="),
    ),
    # config
    *_of("cli/test_waking.py", ("cli/waking.py", "_TICK = 0.2", "_TICK = 20")),
    *_of(
        "cli/setup/test_trust.py cli/setup/test_bounded.py cli/setup/test_passwords.py cli/setup/test_config.py "
        "cli/setup/test_password_command.py",
        ("config/passwords.py", "return self._given is not None or bool(self._settings.config.lines)", "return self._given is not None"),
        ("config/permissions.py", "_allows(path, 0o044)", "_allows(path, 0o040)"),
        ("config/trust.py", "hashlib.sha256(text).hexdigest()", "hashlib.sha256(b'').hexdigest()"),
        ("config/bounded.py", "    if len(data) > limit:", "    if False:"),
        ("config/places.py", 'if os.environ.get("INFOCALLER_CONFIG"):', "if False:"),
    ),
    # traffic: the client and replay
    *_of(
        "cli/network/test_replay_command.py cli/network/test_replay_faults.py traffic/http traffic/replay",
        ("traffic/http/client.py", "self.reused and not self._reader.received and failure", "self.reused and failure"),
        ("traffic/http/client.py", "if self._reader.ended() and error is None:", "if error is None:"),
        ("traffic/http/client.py", "if not read.persistent or self._held:", "if self._held:"),
        ("traffic/replay/player.py", "_CATCH_UP = 0.05", "_CATCH_UP = 5.0"),
        ("traffic/replay/player.py", " or self._buffered_bytes >= _WINDOW_BYTES", ""),
        ("traffic/replay/player.py", "if read.key not in self._busy:", "if True:"),
        ("traffic/replay/player.py", "job.redialled = True\n            self._dial(job)", "self._settle(job, reply, failure)"),
        ("traffic/replay/player.py", "if text.isascii() and text.isdigit():", "if False:"),
        ("traffic/replay/selection.py", "when < self.since", "when <= self.since"),
        ("traffic/replay/selection.py", "when < self.until", "when <= self.until"),
        ("traffic/replay/journal.py", "if sizes.get(file) != size:", "if file not in sizes:"),
        ("traffic/replay/jobs.py", "key = (found.line, found.call) if found.line and found.call else None", "key = found.call"),
    ),
    *_of(
        "traffic/http/test_histogram.py",
        ("traffic/http/histogram.py", "if seen >= wanted:", "if seen > wanted:"),
    ),
    # traffic: captures
    *_of(
        "traffic/captures cli/network/test_capture_command.py cli/network/test_capture_odd.py cli/network/test_replay_faults.py",
        ("traffic/captures/line_file.py", "os.ftruncate(self._file, size)", "pass"),
        ("traffic/captures/line_file.py", "0o600)", "0o644)"),
        ("traffic/captures/line_file.py", "fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)", "pass"),
        (
            "traffic/captures/line_file.py",
            "if self._rotate and size and size + len(data) > self._rotate:",
            "if self._rotate and size > self._rotate:",
        ),
        ("traffic/captures/forward.py", "caught.answered(504 if late else 502", "caught.answered(502"),
        ("traffic/captures/forward.py", "if reply.status > _LAST_STATUS:", "if False:"),
        ("traffic/captures/afterwards.py", "not (came or busy) or loop.time()", "loop.time()"),
    ),
    # traffic: servers
    *_of(
        "traffic/http cli/network/test_serve_query.py cli/network/test_serve_usage.py cli/network/test_capture_odd.py",
        ("traffic/http/server.py", "sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)", "pass"),
        ("traffic/http/connection.py", "if self._stalls(now):", "if False:"),
        (
            "traffic/http/connection.py",
            "if self._size > MAX_HEAD:\n            raise OverflowError",
            "if False:\n            raise OverflowError",
        ),
        ("traffic/http/connection.py", "if now - self.since > PATIENCE and self.awaits_request:", "if False:"),
        (
            "traffic/http/connection.py",
            'head += [b"%s: %s" % header for header in self.headers if header[0].lower() != b"upgrade"]',
            "return",
        ),
        ("traffic/http/supervisor.py", "running.stop()", "pass"),
    ),
    # traffic: send and queries
    *_of(
        "cli/network/test_send_query.py testing traffic/queries",
        ("traffic/send/judgement.py", "after = before if why or answer is None else before | dict(answer.variables)", "after = before"),
        ("codec/values.py", "if isinstance(value, int) and not isinstance(value, bool):", "if isinstance(value, int):"),
        ("traffic/queries/query.py", '"caller": None if caller in (spec.HIDDEN, "") else caller,', '"caller": caller,'),
        ("traffic/queries/query.py", 'if self.result.strip() in ("", spec.DONE):', "if False:"),
    ),
    # inside an application
    *_of(
        "traffic/queries/test_direct.py traffic/queries/test_receiving.py traffic/queries/test_doors.py",
        ("traffic/queries/calling.py", "elif time.monotonic() - began > answering.timeout:", "elif False:"),
        ("traffic/queries/calling.py", "except KeyboardInterrupt:  # of whoever waits for the answer", "except ZeroDivisionError:"),
        ("traffic/queries/direct.py", "if answering.waiting:", "if False:"),
        ("traffic/queries/incoming.py", "if password.needed:", "if False:"),
        ("traffic/queries/passwords.py", "if not password:  # a variable that is not set", "if False:"),
        ("traffic/queries/receiving.py", "if event.kind in _ONCE:", "if True:"),
        ("traffic/queries/receiving.py", 'content = f"{place}\\n{decoded.text.chars}".encode', 'content = f"{decoded.text.chars}".encode'),
        ("traffic/queries/sqlite_seen.py", "(now - self._days * _DAY,)", "(0,)"),
        ("traffic/queries/sqlite_seen.py", "INSERT OR IGNORE INTO", "INSERT OR REPLACE INTO"),
        ("traffic/queries/wsgi.py", "if whole and len(pieces) < size:", "if False:"),
        ("traffic/queries/wsgi.py", 'if not environ.get("wsgi.input_terminated"):', "if False:"),
    ),
    # the script of a call, the engine, and who plays it
    *_of(
        "calls traffic/simulate",
        ("calls/engine.py", "if step.kind.ends:", "if False:"),
        ("calls/engine.py", 'label = None if answer.done else step.values.get("on_error")', "label = None"),
        ("calls/engine.py", "self.variables.update(answer.variables)", "pass"),
        ("calls/engine.py", "if verdict is None or verdict.holds:", "if verdict is None:"),
        ("calls/engine.py", 'name = "DESVIO_CORRECTO" if outcome.answered else "DESVIO_FALLIDO"', 'name = "DESVIO_CORRECTO"'),
        ("calls/engine.py", "for _ in range(MAX_ACTIONS):", "for _ in range(MAX_ACTIONS * 2):"),
        ("calls/conditions.py", "if name not in variables:", "if False:"),
        (
            "calls/conditions.py",
            '"<=": Operator("less or equal", lambda a, b: a <= b',
            '"<=": Operator("less or equal", lambda a, b: a < b',
        ),
        ("traffic/simulate/missed.py", "at = where + len(part)", "at = 0"),
        ("traffic/simulate/missed.py", "call.slowest > expect.within", "call.slowest < expect.within"),
        ("traffic/simulate/listed.py", "if why := pressed_problem(event.kind, text):", "if why := '':"),
        ("traffic/simulate/coverage.py", "if not script.steps[step].number.startswith(inside)]", "]"),
    ),
    *_of(
        "test_load.py",
        ("load.py", "if ms > timeout * 1000:", "if False:"),
        ("load.py", "self._hang_up.set()", "pass"),
        ("load.py", "self._idle.wait(2 * self.network_timeout)", "pass"),
        ("load.py", "if one is not None and one.url:", "if one is not None and one.response:"),
        ("load.py", "exception=WrongError(wrong) if wrong else None", "exception=None"),
        ("load.py", '{"Authorization": read.login.decode()} if read.login else {}', "{}"),
        ("load.py", "dict(agent.default_headers.items())", "{}"),
    ),
    *_of(
        "traffic/simulate/test_driver.py",
        ("traffic/simulate/exchange.py", "for name, value in variables]}})\n", "for name, value in ()]}})\n"),
        ("traffic/simulate/driver.py", "raise KeyboardInterrupt", "pass"),
        ("traffic/simulate/exchange.py", "if endpoint.uuid is not None or used(url):", "if endpoint.uuid is not None:"),
    ),
    # bodies that are filled in
    *_of(
        "traffic/simulate/test_bodies.py",
        ("traffic/simulate/bodies.py", "style.charset != LATIN1", "True"),
        ("traffic/simulate/bodies.py", "if sorted(order) == list(range(next(numbers))) else None", ""),
        ("traffic/simulate/bodies.py", "if text.isalnum() and text.isascii():", "if text.isalnum():"),
        ("traffic/simulate/bodies.py", "if text.isalnum() and text.isascii():", "if text.isascii():"),
        ("traffic/simulate/bodies.py", "if len(text) <= _USUAL else", "if True else"),
        (
            "traffic/simulate/bodies.py",
            "(0, fields.seconds, *(fields.moments or ())) if fin else (fields.seconds,)",
            "(0, fields.seconds, *(fields.moments or ())) if fin else ()",
        ),
        ("traffic/simulate/bodies.py", "except InfocallerError:  # said below", "except ZeroDivisionError:  # said below"),
        ("traffic/simulate/bodies.py", '"call", "seconds", "start"', '"call", "line", "seconds", "start"'),
    ),
    # scripts, and the engine that plays them
    *_of(
        "calls",
        ("calls/engine.py", "self.t += -(-len(text) // _SPOKEN)\n", "self.t += len(text) // _SPOKEN\n"),
        ("calls/engine.py", "else len(text)\n", "else 0\n"),
        ("calls/engine.py", "        if text:\n            self.variables", "        if True:\n            self.variables"),
        ("calls/engine.py", 'self._note(step, name, "0" if answer.done else "1")', 'self._note(step, name, "1" if answer.done else "0")'),
        ("calls/engine.py", "        if answer.done:\n            self.variables", "        if True:\n            self.variables"),
        ("calls/engine.py", "label = None if answer.done else", "label = None if not answer.done else"),
        ("calls/engine.py", "if not step.late:  # the call", "if True:  # the call"),
        ("calls/engine.py", "self._connected = outcome.answered", "self._connected = False"),
        ("calls/engine.py", "self.t += outcome.seconds", "self.t += 0"),
        ("calls/engine.py", "if is_number(number):", "if True:"),
        ("calls/engine.py", "for _ in range(MAX_ACTIONS):", "for _ in range(MAX_ACTIONS + 1):"),
        ("calls/engine.py", 'return "script" if id == END else "loop"', 'return "script"'),
        ("calls/engine.py", "self.reached.add((step.id, index))", "pass"),
        ("calls/engine.py", "self._moments[-1] = self._began[1]", "pass"),
        ("calls/engine.py", "if reply is HANG_UP and event is not None:", "if False:"),
        ("calls/engine.py", 'or step.values.get("otherwise")', "or None"),
        ("calls/engine.py", "return branch.start", "return step.next"),
        ("calls/conditions.py", "if name not in variables:", "if False:"),
        ("calls/conditions.py", 'Verdict(as_numbers, "" if as_numbers == as_text else', 'Verdict(as_numbers, "" if True else'),
        ("calls/conditions.py", "if not operator.numeric or None in numbers:", "if None in numbers:"),
        ("calls/conditions.py", 'if not value and operator not in ("=", "!="):', "if False:"),
        ("calls/judging.py", "elif script.steps[target].late != step.late:", "elif False:"),
        ("calls/judging.py", "_reached(script, {script.start, script.end_of_call})", "_reached(script, {script.start})"),
        ("calls/judging.py", "if step.late and not script.steps[setter].late:", "if False:"),
        ("calls/judging.py", "asks = {step.id for step in script.steps if step.kind.asks}", "asks = set()"),
        ("calls/reading.py", "if label in self.labels:", "if False:"),
        ("calls/reading.py", "if late and not action.late:", "if False:"),
        ("calls/reading.py", "if depth >= _DEEPEST:", "if False:"),
        ("calls/rows.py", "self._lists[path] = self._lists.get(path, -1) + 1", "self._lists[path] = 0"),
        ("calls/values.py", "seconds <= LONGEST_DIVERSION", "seconds >= 0"),
        ("calls/values.py", 'if kind == "menu" and len(text) > 1 else', "if False else"),
    ),
    # the command line
    *_of(
        "cli/network/test_simulate.py cli/network/test_simulate_terminal.py cli/network/test_simulate_ends.py",
        ("traffic/simulate/drive.py", "failed = failed or error\n            reply = HANG_UP\n", "raise\n"),
        ("traffic/simulate/drive.py", "raise failed\n", "pass\n"),
        ("cli/network/simulate_signals.py", "os.kill(os.getpid(), came[0])", "pass"),
        ("cli/network/simulate_signals.py", '("SIGTERM", "SIGHUP")', '("SIGTERM",)'),
        ("traffic/simulate/drive.py", "interrupted = True\n            reply = HANG_UP\n", "raise\n"),
        ("cli/network/simulate_delivery.py", 'if name != "Authorization"', "if True"),
        ("cli/network/simulate_delivery.py", "post.prepare(url)", "pass"),
        ("traffic/simulate/lines.py", '"red" if exchange.problem else "green"', '"red"'),
        ("traffic/simulate/listed.py", "found = self._wrong + [", "found = ["),
        ("cli/network/simulate_save.py", "if faults := _faults(sent):", "if faults := {}:"),
        ("cli/network/simulate_like.py", "keys[-1] = HANGUP", "pass"),
        ("cli/network/simulate.py", 'if asks or keys != [""] else []', "or []"),
        ("cli/network/simulate_like.py", "return int(ExitCode.NO if differs else ExitCode.OK)", "return int(ExitCode.OK)"),
    ),
    *_of(
        "cli/inputs cli/test_errors.py cli/test_color.py cli/setup/test_passwords.py cli/network/test_replay_faults.py",
        ("cli/inputs/items.py", "if torn <= _NAMED:", "if True:"),
        ("cli/execute.py", "return ExitCode.INTERRUPTED", "return ExitCode.OK"),
        ("streams.py", "if text.isprintable():", "if True:"),
    ),
    *_of(
        "cli/inputs/test_spread.py",
        ("cli/inputs/spread.py", "work(result) if isinstance(result, Item) else result", "result"),
        ("cli/inputs/spread.py", "found.append((index, item))", "found.append((index, None))"),
    ),
    *_of(
        "cli/test_texts.py",
        ("cli/texts.py", "path.split() == words and ", ""),
        ("cli/main.py", "terminal.columns() < terminal.HELP_WIDTH or ", ""),
    ),
    *_of("traffic/captures/test_base64.py", ("traffic/captures/base64.py", "validate=True", "validate=False")),
    *_of(
        "cli/documents/test_show_calls.py cli/documents/test_show_record.py cli/documents/test_show_page.py",
        ("cli/documents/show_timeline.py", "started = _shifted(begun, -zone)", "started = _shifted(begun, zone)"),
        ("cli/documents/show_timeline.py", "had.update(given)", "pass"),
        ("cli/documents/show_timeline.py", "if after < -_EARLY:", "if after < -1e9:"),
        ("cli/documents/show_calls.py", "call.left_out += 1", "pass"),
        ("cli/documents/show_calls.py", "self._weight > MOST_HELD", "self._weight > 1e12"),
        ("cli/documents/show_page.py", "if not one.answer:", "if True:"),
        ("traffic/send/judgement.py", '"call_variables": self.after', '"call_variables": self.variables'),
        ("cli/documents/show_items.py", "if self.answers and decoded", "if decoded"),
    ),
]
