"""What every fault says: the one table, read by the tests and by ``docs/generate.py``.

By chapter and by fault: the class, the sentence, and how often a read and a write are tried. All
doors say the same but for ``OTHERWISE``; the loads put the place in front, the launcher and the
hook the remedy behind. It is the table of starts without last known values.
"""

from typing import NamedTuple

from clovrix_env import (
    AuthenticationError,
    BillingError,
    ClovrixAPIError,
    ClovrixConnectionError,
    ForbiddenError,
    NotFoundError,
    ServerError,
    ValidationError,
)

TRIES = 3


class Said(NamedTuple):
    """``kind`` is ``None`` where the fault is survived.

    In ``sentence``, ``{address}`` is whom was asked, and ``{why}`` what OpenSSL says, whose words
    differ from one release to the next. ``reads`` and ``writes`` count the attempts that the other
    side can see.
    """

    kind: object
    sentence: str
    reads: int
    writes: int
    sent: object = None
    status: object = None
    retry_after: object = None


def _unreached(sentence, tries=TRIES):
    """Certainly not sent: a write may be tried again as well."""
    return Said(ClovrixConnectionError, sentence, tries, tries, sent=False)


def _lost(sentence, reads=TRIES):
    """Perhaps sent: only a read is tried again."""
    return Said(ClovrixConnectionError, sentence, reads, 1, sent=True)


def own_words(status):
    """What Clovrix itself says to a refusal: its sentence is the exception's."""
    return f"no, by {status}"


def _refused(kind, status, reads=1, writes=1, *, retry_after=None, sentence=None):
    said = own_words(status) if sentence is None else sentence
    return Said(kind, said, reads, writes, status=status, retry_after=retry_after)


LATE = "{address} did not answer in time"
_SLOW = "cannot reach {address}: the %s timed out"
_SURVIVED = Said(None, "", 1, 1)
_BROKEN_OFF = "{address} closed the connection before its answer was complete"
_NEVER_SENT = "cannot reach {address}: the connection was closed"
_NO_NAME = "cannot reach {address}: its name does not resolve"
_ELSEWHERE = (
    "{address} uses http:, but its name does not resolve to this machine (127.0.0.0/8 or ::1)"
)
_UNTRUSTED = "the certificate of {address} is not valid: {why}"
_NO_TLS = "TLS with {address} failed: {why}"
_NO_JSON = "the answer (status 200) is not a JSON object"
# The page of a network that wants a log-in first: what is no JSON is repeated, 500 characters.
PAGE = "<html><body>Log in to this network</body></html>"

CHAPTERS = {
    "No connection": {
        "a closed port": _unreached("cannot reach {address}: connection refused"),
        "a connection that is never completed": _unreached(_SLOW % "connection", tries=1),
        "a name that does not exist": _unreached(_NO_NAME),
        "a name server that fails": _unreached(_NO_NAME),
        "a name server that is silent": _unreached(_SLOW % "name look-up", tries=1),
        "a name server that is too late": _unreached(_SLOW % "name look-up", tries=1),
        "a slow name server": _SURVIVED,
        "IPv6 refuses, IPv4 answers": _SURVIVED,
        "IPv6 is silent, IPv4 answers": _SURVIVED,
        "IPv4 refuses, IPv6 answers": _SURVIVED,
        "IPv4 is silent, IPv6 answers": _SURVIVED,
        "no IPv6 at all, IPv4 answers": _SURVIVED,
        "no IPv4 at all, IPv6 answers": _SURVIVED,
        "a proxy whose IPv6 is silent": _SURVIVED,
        "a proxy whose IPv4 is silent": _SURVIVED,
        "no network": _unreached("cannot reach {address}: network is unreachable"),
        "localhost is another machine": _unreached(_ELSEWHERE, tries=1),
    },
    "TLS": {"a certificate for another name": _unreached(_UNTRUSTED, tries=1),
            "a certificate that has expired": _unreached(_UNTRUSTED, tries=1),
            "a certificate signed by itself": _unreached(_UNTRUSTED, tries=1),
            "a certificate of an unknown authority": _unreached(_UNTRUSTED, tries=1),
            "a handshake that never ends": _unreached(_SLOW % "TLS handshake", tries=1),
            "a handshake that is reset": _unreached(_NEVER_SENT),
            "a handshake that is broken off": _unreached(_NEVER_SENT),
            "a server without TLS": _unreached(_NO_TLS),
            "a server with TLS, requested without": _lost(_BROKEN_OFF)},
    "No whole answer": {"silence before the header": _lost(LATE, reads=1),
                        "silence after the header": _lost(LATE, reads=1),
                        "a header that drips": _lost(LATE, reads=1),
                        "a body that drips": _lost(LATE, reads=1),
                        "closed before the header": _lost(_BROKEN_OFF),
                        "reset before the header": _lost(_BROKEN_OFF),
                        "half a header": _lost(_BROKEN_OFF),
                        "half a body": _lost(_BROKEN_OFF),
                        "reset within the body": _lost(_BROKEN_OFF),
                        "a length that is too long": _lost(_BROKEN_OFF),
                        "an answer that is not HTTP": _lost(_BROKEN_OFF)},
    "An answer that is not Clovrix's": {
        "a length that is too short": _lost(_NO_JSON, reads=1),
        "half of a JSON object": _lost(_NO_JSON, reads=1),
        "JSON that is not UTF-8": _lost(_NO_JSON, reads=1),
        "a log-in page with 200": _lost(_NO_JSON, reads=1),
        "an empty body with 200": _lost(_NO_JSON, reads=1),
        "a log-in page with 403": _refused(ForbiddenError, 403, sentence=PAGE),
        "a log-in page with 404": _refused(NotFoundError, 404, sentence=PAGE),
        "a redirect": _refused(ClovrixAPIError, 302, sentence="moved"),
        "a redirect to itself": _refused(ClovrixAPIError, 307, sentence="moved"),
    },
    "Refused by Clovrix": {"400": _refused(ValidationError, 400),
                           "401": _refused(AuthenticationError, 401),
                           "402": _refused(BillingError, 402),
                           "403": _refused(ForbiddenError, 403),
                           "404": _refused(NotFoundError, 404),
                           "409": _refused(ClovrixAPIError, 409),
                           "422": _refused(ValidationError, 422)},
    "Clovrix is busy, or fails": {
        "408": _refused(ClovrixAPIError, 408, TRIES),
        "429": _refused(ClovrixAPIError, 429, TRIES, TRIES),
        "500": _refused(ServerError, 500, TRIES),
        "501": _refused(ServerError, 501),
        "502": _refused(ServerError, 502, TRIES),
        "503": _refused(ServerError, 503, TRIES),
        "503 without a message": _refused(ServerError, 503, TRIES, sentence="HTTP 503"),
        "504": _refused(ServerError, 504, TRIES),
        "429, again at once": _refused(ClovrixAPIError, 429, TRIES, TRIES, retry_after=0.0),
        "429, again in an hour": _refused(ClovrixAPIError, 429, retry_after=3600.0),
        "429, again at a date": _refused(ClovrixAPIError, 429, retry_after=3600.0),
        "429, again at a date gone by": _refused(
            ClovrixAPIError, 429, TRIES, TRIES, retry_after=0.0
        ),
        "503, again at once": _refused(ServerError, 503, TRIES, TRIES, retry_after=0.0),
        "503, again in an hour": _refused(ServerError, 503, retry_after=3600.0),
        "503, again at a date": _refused(ServerError, 503, retry_after=3600.0),
        "503, again at a date gone by": _refused(ServerError, 503, TRIES, TRIES, retry_after=0.0),
    },
    # What cannot be understood counts as not said.
    "A Retry-After that is hostile": {
        "a number of 400 digits": _refused(ServerError, 503, retry_after=999_999_999.0),
        "infinity": _refused(ServerError, 503, TRIES),
        "digits that are not ASCII": _refused(ServerError, 503, TRIES),
        "a date beyond the calendar": _refused(ServerError, 503, TRIES),
        "two of them": _refused(ServerError, 503, TRIES),
    },
}  # fmt: skip

SENTENCES = {fault: said for chapter in CHAPTERS.values() for fault, said in chapter.items()}

# Where doors of one kind say something else, by trait.
OTHERWISE = {
    # httpx does not tell the two apart.
    "by httpx": {
        fault: said._replace(sentence=_SLOW % "name look-up or connection")
        for fault, said in SENTENCES.items()
        if said.sentence in (_SLOW % "name look-up", _SLOW % "connection")
    },
    # A Client that was brought has an address and a deadline of its own: how far it came is not
    # known.
    "by client": {
        fault: said._replace(sentence="Clovrix did not answer in time", sent=True)
        for fault, said in SENTENCES.items()
        if said.sentence == LATE or said.sentence.endswith("timed out")
    },
}

# What the launcher says behind it, by class; the most particular class counts.
REMEDIES = {
    AuthenticationError: "check the token: it may be wrong, revoked or expired",
    BillingError: "the organization's billing has to be settled first",
    ForbiddenError: "use a token whose role may read",
    NotFoundError: "check the names, and that the token's scope includes them",
    ValidationError: "try again; --no-remote starts without Clovrix",
    ServerError: "try again; --no-remote starts without Clovrix",
    ClovrixAPIError: "try again; --no-remote starts without Clovrix",
    ClovrixConnectionError: (
        "check network and CLOVRIX_API_URL; --no-remote starts without Clovrix"
    ),
}
