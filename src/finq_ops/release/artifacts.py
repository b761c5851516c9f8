"""What is deployed, put where Lambda finds it: zips in S3 under the hash of their contents; images by digest."""

import base64
import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from finq_ops.release.plan import ReleaseError

_BY_DIGEST = re.compile(r"^[\w.-]+(:\d+)?/[\w./-]+@sha256:[0-9a-f]{64}$")


def upload_zips(client: Any, bucket: str, folder: Path, names: Sequence[str]) -> str:
    """Put `folder/NAME.zip` of each name at PREFIX/NAME.zip; the prefix, which is the hash of them all.

    The same zips have the same prefix, so that Terraform publishes nothing anew where nothing changed.

    Raises:
        ReleaseError: a zip is missing.
    """
    if missing := [name for name in names if not (folder / f"{name}.zip").is_file()]:
        raise ReleaseError(f"no zip of {', '.join(missing)} in {folder}; `make zips` builds them")
    digests = {name: hashlib.sha256((folder / f"{name}.zip").read_bytes()).digest() for name in sorted(names)}
    whole = hashlib.sha256(b"".join(name.encode() + b"\0" + digest for name, digest in digests.items()))
    prefix = whole.hexdigest()
    for name, digest in digests.items():
        try:
            client.put_object(
                Bucket=bucket,
                Key=f"{prefix}/{name}.zip",
                Body=(folder / f"{name}.zip").read_bytes(),
                ChecksumSHA256=base64.b64encode(digest).decode(),
                IfNoneMatch="*",
            )
        except ClientError as error:
            if error.response["ResponseMetadata"]["HTTPStatusCode"] != 412:  # it is there
                raise
    return prefix


def variables(images: Mapping[str, str], packages: Sequence[str], prefix: str) -> str:
    """Terraform's variables of a release, as JSON.

    Raises:
        ReleaseError: an image is missing, or is named by a tag, which may mean something else tomorrow.
    """
    if missing := sorted(set(packages) - images.keys()):
        raise ReleaseError(f"no image of {', '.join(missing)}")
    if loose := sorted(package for package in packages if not _BY_DIGEST.match(images[package])):
        raise ReleaseError(f"image of {', '.join(loose)}: give it by digest, registry/name@sha256:...")
    chosen = {package: images[package] for package in sorted(packages)}
    return json.dumps({"images": chosen, "zips_prefix": prefix}, indent=1) + "\n"
