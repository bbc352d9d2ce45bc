"""What is never written down, and what is."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forge.masking import (
    MASK,
    is_masked,
    is_secret,
    is_secret_file,
    masked,
    masked_diff,
    masked_values,
    masked_words,
)


DRAWN = "q7Hd92kLmNbVcXz0pQwErT"

SECRETS = {
    "password": "hunter2",
    "db_password": "x",
    "model.api_key": "abc",
    "apiKey": "abc",
    "OPENAI_API_KEY": "abc",
    "aws.secret_access_key": "abc",
    "client_secret": "abc",
    "auth-token": "abc",
    "hf_token": "abc",
    "credentials": "user:x",
    "token": DRAWN,
    "key": "0123456789abcdef0123456789abcdef",
    "comment": "ghp_0123456789abcdefghij",
    "anything": "hf_abcdefghijklmnopqrstuvwx",
}
PLAIN = {
    "pad_token": "[PAD]",
    "eos_token": "</s>",
    "token": "word",
    "max_tokens": 512,
    "tokens": "the quick brown fox",
    "key": "encoder_layer_12_attention",
    "sort_key": "val_accuracy",
    "key_dim": 64,
    "secret_size": "large",
    "password_length": 12,
    "password": "",
    "api_key": None,
    "n_secrets": 3,
    "hidden": "hf_model",
    "monkey": "bonobo",
    "tokenizer": "bert-base-uncased",
}


@pytest.mark.parametrize("name", SECRETS)
def test_passwords_keys_and_tokens_are_left_out(name: str) -> None:
    assert is_secret(name, SECRETS[name])
    assert masked(name, SECRETS[name]) == MASK
    assert masked(name, [SECRETS[name], ""]) == [MASK, ""]


@pytest.mark.parametrize("name", PLAIN)
def test_words_of_machine_learning_stay(name: str) -> None:
    assert masked(name, PLAIN[name]) == PLAIN[name]


def test_secrets_inside_of_containers_and_addresses_are_left_out() -> None:
    values = {
        "db": {"url": "postgres://me:hunter2@host/db?x=1", "password": "hunter2"},
        "data.url": "https://host/path?a=b",
        "many": [{"api_key": "abc", "n": 1}],
    }
    left = {
        "db": {"url": "postgres://me:***@host/db?x=1", "password": "***"},
        "data.url": "https://host/path?a=b",
        "many": [{"api_key": "***", "n": 1}],
    }
    assert masked_values(values) == left
    assert masked_values(left) == left
    assert [is_masked(value) for value in left.values()] == [True, False, True]
    assert not any(map(is_masked, values.values()))


def test_words_of_a_command_line_keep_their_names() -> None:
    words = ["with", "model.api_key=abc", "lr=1", "--password", "x", "--token=y", "-v"]
    left = ("with", "model.api_key=***", "lr=1", "--password", "***", "--token=y", "-v")
    assert masked_words(words) == left
    assert masked_words(["--note", "password", "--api-key=abc"])[2] == "--api-key=***"


DIFF = """\
diff --git a/train.py b/train.py
--- a/train.py
+++ b/train.py
@@ -1,4 +1,6 @@
-API_KEY = "old-one"
+API_KEY: str = 'new-one'
+    connect(user="me", password="hunter2", token=tokenizer)
 password = getpass()
+password: str
+pad_token = "[PAD]"
+URL = "postgres://me:hunter2@host/db"
+x = "sk-0123456789abcdefghij"
+++ b/conf.yaml
+password: hunter2
+n_tokens: 5
 export HF_TOKEN=abc
++++ b/book.ipynb
+    "api_key = \\"abc\\"\\n",
+++ b/server.key.txt
+-----BEGIN RSA PRIVATE KEY-----
+MIIEowIBAAKCAQEA
+-----END RSA PRIVATE KEY-----
+after
"""
MASKED = """\
diff --git a/train.py b/train.py
--- a/train.py
+++ b/train.py
@@ -1,4 +1,6 @@
-API_KEY = "***"
+API_KEY: str = '***'
+    connect(user="me", password="***", token=tokenizer)
 password = getpass()
+password: str
+pad_token = "[PAD]"
+URL = "postgres://me:***@host/db"
+x = "***"
+++ b/conf.yaml
+password: ***
+n_tokens: 5
 export HF_TOKEN=***
++++ b/book.ipynb
+    "api_key = \\"***\\"\\n",
+++ b/server.key.txt
+-----BEGIN RSA PRIVATE KEY-----
+***
+-----END RSA PRIVATE KEY-----
+after
"""


def test_differences_to_a_commit_keep_their_lines() -> None:
    assert masked_diff(DIFF.encode()).decode() == MASKED
    assert masked_diff(MASKED.encode()).decode() == MASKED


@given(st.binary())
def test_any_bytes_are_a_diff(data: bytes) -> None:
    if b"diff --git " not in data:
        assert masked_diff(data).count(b"\n") == data.count(b"\n")


def test_files_of_keys_are_left_out_of_a_diff() -> None:
    pieces = [f"diff --git a/{name} b/{name}\n+x = 1\n" for name in (".env", "a.py")]
    assert masked_diff("".join(pieces).encode()).decode() == pieces[1]
    quoted = 'diff --git "a/\\303 .env" "b/\\303 .env"\n+x = 1\n'
    assert masked_diff(quoted.encode()) == b""


def test_keys_are_secrets():
    secret = ("a/.env", ".env.local", "prod.env", "key.pem", "a.key", ".netrc", "id_x")
    assert all(map(is_secret_file, (*secret, "id_rsa.pub", ".ssh/id_ed25519")))
    assert not any(
        map(is_secret_file, ("env.py", "ideas.txt", "id_map.py", "keys.yaml"))
    )


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
        max_leaves=8,
    ),
    st.text(),
)
def test_what_was_masked_once_stays_as_it_is(value: Any, name: str) -> None:
    once = masked(name, value)
    assert masked(name, once) == once
