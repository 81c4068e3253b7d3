"""A ledger in an append blob of Azure Storage, that several runs may write to, over `azure-storage-blob` (an extra).

Every block is appended at the position up to which its writer has read: when somebody else was faster, what is there
is read again first, so that nothing is written twice and nothing is lost. Source: Microsoft Learn, Append Block (Blob
service REST API): `x-ms-blob-condition-appendpos`, 412 AppendPositionConditionNotMet; blocks of 4 MiB fit every
version.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from azure.core.exceptions import HttpResponseError

from pulumi_azure_hotpatch.errors import ArmError, InvalidInput, NotFound
from pulumi_azure_hotpatch.extras import needs_extra

from .errors import arm_errors

if TYPE_CHECKING:
    from azure.core.credentials import TokenCredential
    from azure.core.pipeline.transport import HttpTransport
    from azure.storage.blob import BlobClient

# Source: Microsoft Learn, Azure Storage endpoints: the suffixes of the clouds that `clouds.py` knows.
_HOST: Final = re.compile(r"[a-z0-9]{3,24}\.blob\.core\.(windows\.net|usgovcloudapi\.net|chinacloudapi\.cn)")
_BLOCK: Final = 4 * 1024 * 1024
_CHANGED: Final = frozenset((409, 412))


class LedgerBlob:
    """Implements `observing.ledger.Ledger`. A blob that is not there is an empty ledger; its container is needed."""

    def __init__(self, url: str, client: BlobClient) -> None:
        self._url = url
        self._client = client

    @property
    def name(self) -> str:
        """The address as it was given."""
        return self._url

    def read(self) -> bytes:
        """All of it. Raises ArmError or ConfigurationError when it cannot be read."""
        return self._read() or b""

    def extend(self, more: Callable[[bytes], bytes]) -> None:
        """Append at the end that `more` was told of, or ask it again. Raises ArmError or ConfigurationError."""
        while True:
            content = self._read()
            added = more(content or b"")
            if not added or ((content is not None or self._create()) and self._append(added, len(content or b""))):
                return

    def _read(self) -> bytes | None:
        """All of it, None where there is no such blob."""
        try:
            with _storage_errors("read it", self._url):
                content: Any = self._client.download_blob().readall()
                return bytes(content)
        except NotFound as error:
            if error.code == "BlobNotFound":
                return None
            raise

    def _create(self) -> bool:
        """Make the blob; False when somebody else has made it meanwhile."""
        from azure.core import MatchConditions

        return self._unless_changed(
            "create it",
            lambda: self._client.create_append_blob(match_condition=MatchConditions.IfMissing),
            ("BlobAlreadyExists", "ConditionNotMet"),
        )

    def _append(self, added: bytes, position: int) -> bool:
        """Append block after block; False when somebody else has appended meanwhile."""
        for block in _blocks(added):
            at = position

            def append(block: bytes = block, at: int = at) -> Any:
                return self._client.append_block(block, length=len(block), appendpos_condition=at)

            if not self._unless_changed("append to it", append, ("AppendPositionConditionNotMet",)):
                return False
            position += len(block)
        return True

    def _unless_changed(self, action: str, ask: Callable[[], Any], changed: tuple[str, ...]) -> bool:
        try:
            with _storage_errors(action, self._url):
                ask()
        except ArmError as error:
            if error.status in _CHANGED and error.code in changed:
                return False
            raise
        return True


def open_ledger(
    url: str, credential: TokenCredential, transport: HttpTransport[Any, Any], endpoint: str | None
) -> LedgerBlob:
    """The ledger at `https://ACCOUNT.blob.core.windows.net/CONTAINER/NAME`; nothing is asked yet.

    `endpoint` is the one host beside those of Azure Storage that the token may go to. Raises InvalidInput for an
    address that is no blob's, ConfigurationError without the extra.
    """
    parts = urlsplit(url)
    if parts.query or parts.fragment or parts.username:
        raise InvalidInput(
            f"'{url.partition('?')[0]}…': leave out what follows the name (a signature is a secret); the ledger is "
            "opened with the credentials that everything else is asked with"
        )
    own = endpoint is not None and parts.netloc == urlsplit(endpoint).netloc
    depth = 3 if own else 2
    if not (own or _HOST.fullmatch(parts.netloc)) or len([each for each in parts.path.split("/") if each]) < depth:
        raise InvalidInput(
            f"'{url}' is not the address of a blob (https://ACCOUNT.blob.core.windows.net/CONTAINER/NAME)"
        )
    with needs_extra("ledger", "A ledger in a blob"):
        from azure.storage.blob import BlobClient
    return LedgerBlob(url, BlobClient.from_blob_url(url, credential, transport=transport, max_single_get_size=_BLOCK))


@contextmanager
def _storage_errors(action: str, url: str) -> Iterator[None]:
    """As `arm_errors`, with the codes that Azure Storage puts into a header."""
    with arm_errors(action, url):
        try:
            yield
        except HttpResponseError as error:
            found: Any = getattr(error, "error_code", None)
            code = str(getattr(found, "value", found) or "")
            if not code:
                raise
            why = _REASONS.get(code) or f"{code}: {str(error.message or '').partition(chr(10))[0].strip()}"
            kind = NotFound if error.status_code == 404 else ArmError
            raise kind(f"{url}: could not {action}: {why}", code=code, status=error.status_code or 0) from None


_REASONS: Final = {
    "ContainerNotFound": "its container does not exist; create it first",
    "InvalidBlobType": "it is no append blob; name another one, which is then created",
    "BlockCountExceedsLimit": "it has 50,000 blocks, the most that an append blob takes; go on in another one",
    "AuthorizationPermissionMismatch": "the credentials lack the role Storage Blob Data Contributor",
}


def _blocks(content: bytes) -> Iterator[bytes]:
    """The content in blocks that end with a line: a run that ends in between leaves whole lines."""
    while len(content) > _BLOCK:
        end = content.rfind(b"\n", 0, _BLOCK) + 1 or _BLOCK
        yield content[:end]
        content = content[end:]
    yield content
