"""What the programs of this folder check their steps with."""

CALLBACK = "http://127.0.0.1:9/callback"  # nobody listens there: the address itself is what counts
SECRET = "interop-web-secret"
IDA = "1da00000-0000-4000-8000-000000000031"
OTTO = "0770a000-0000-4000-8000-000000000032"


def passed(step):
    """Say that a step went well."""
    print(step, flush=True)


def equal(got, want):
    """Fail unless both are the same."""
    assert got == want, f"got {got!r}, want {want!r}"


def refused(kind, text, call, *args, **options):
    """Fail unless the call raises an error of this kind whose text holds this."""
    try:
        call(*args, **options)
    except kind as error:
        assert text in str(error), f"{error!r} does not say {text!r}"
        return
    raise AssertionError(f"{call.__name__} was to be refused: {text}")


def tampered(token):
    """Return the token with another payload under the same signature: an i in place of an l, or the like."""
    header, payload, signature = token.split(".")
    middle = len(payload) // 2
    other = "A" if payload[middle] != "A" else "B"
    return ".".join([header, payload[:middle] + other + payload[middle + 1 :], signature])
