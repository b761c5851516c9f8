"""Which web addresses an answer may repeat from a record: those it applies by, and those its own words hold."""

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

from finq.policies.model import Policy

START = r"(?:[A-Za-z][A-Za-z0-9+.\-]*:)?//(?=\S)|[wW]{3}\.(?=\S)"
RUN = r"[A-Za-z0-9\-._~:/?#@$&*+,;=%]+"
_ADDRESS = re.compile(rf"(?:{START}){RUN}")
_PUBLIC = re.compile(r"(?:^|\.)(?:go|or|ac|re|gov)\.kr$")  # public institutions; nobody else gets these names


def named(policy: Policy) -> list[str]:
    """Addresses in the fields made for them: fit to be links under any words."""
    return [policy.apply_url, *policy.reference_urls]


def quotable(policy: Policy) -> list[str]:
    """Addresses in the record's own words, to be shown as they stand where the record is quoted.

    How to apply may name any site. Elsewhere a record may have been given words that it should not have (orders to a
    model, a login page), so only sites of public institutions count, and those that the record names itself.
    """
    words = (
        policy.summary,
        policy.support,
        policy.selection,
        policy.documents_text,
        policy.extra_conditions,
        policy.exclusions,
        policy.notes,
    )
    known = {host for address in named(policy) if (host := _host(address))}
    others = [address for text in words for address in _in(text)]
    trusted = [address for address in others if (host := _host(address)) in known or _PUBLIC.search(host)]
    return list(dict.fromkeys([*_in(policy.how_to_apply), *trusted]))


def _in(text: str) -> Iterator[str]:
    return (found.group().rstrip(".,:;*") for found in _ADDRESS.finditer(text))


def _host(address: str) -> str:
    try:
        return urlsplit(address if "//" in address else f"//{address}").hostname or ""
    except ValueError:  # "https://[x"
        return ""
