"""How much may vanish from the source in one go before somebody has to confirm it."""

_FEW = 20  # documents that may always go, however few there are
_LARGEST_SHARE = 0.3


def needs_consent(listed: int, known: int, vanished: int) -> bool:
    """Whether so many documents are gone that the listing is rather to be doubted than the policies.

    Args:
        listed: documents found now.
        known: documents loaded by earlier runs, below the same prefix.
        vanished: of them, those that are not found any more.
    """
    if vanished == 0:
        return False
    return listed == 0 or vanished > max(_FEW, _LARGEST_SHARE * known)
