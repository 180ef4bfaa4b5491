"""The archive's bucket: made or taken over, set as agents need it, and never deleted with anything in it."""

from __future__ import annotations

from typing import Any

import pulumi
from pulumi.dynamic import DiffResult

from l9stack.errors import ServiceError
from l9stack.infra.archive.buckets import SETTINGS, BucketAddress, create, current, remove, settle, standing
from l9stack.infra.providers.base import Props, Provider
from l9stack.infra.providers.login import reason

_ADDRESS = ("bucket", "scope", "server", "region")


class ArchiveBucketProvider(Provider):
    """A bucket of the account whose keys are given; `wanted` settings are watched, each by its name.

    A setting that is not among the inputs is none of ours: it is neither made nor looked at.
    """

    inputs = (*_ADDRESS, "access_key", "secret_key", "certificate", *SETTINGS, "state")
    watched = (*_ADDRESS, *SETTINGS, "state")
    carried = ("endpoint",)
    desired = {"state": "running"}
    key = "bucket"

    def make(self, props: Props) -> dict[str, Any]:
        """Make the bucket, or take over one of the account's own, and give it its settings.

        Raises:
            ServiceError: it is somebody else's, cannot be reached, or its server does not offer a setting.
        """
        address = self._address(props)
        try:
            client = address.client()
            made = create(client, address)
            lacking = settle(client, address, _wanted(props))
            if lacking and made:
                remove(client, address.bucket)
        except ServiceError:
            raise
        except Exception as error:  # whatever the client raises means the same: it could not be done
            raise ServiceError(f"archive: {address.shown()}: {reason(error)}") from None
        if lacking:
            raise ServiceError(_not_offered(address, lacking))
        shown = address.shown()
        return {"endpoint": shown, "instance": shown, "created": made}

    def mend(self, olds: Props, news: Props) -> dict[str, Any]:
        """As made; a bucket that was made here once is ours to remove."""
        mended = self.make(news)
        return mended | {"created": mended["created"] or bool(olds.get("created"))}

    def observe(self, props: Props) -> dict[str, Any]:
        """The settings as they are now, or why the bucket cannot be seen."""
        address = self._address(props)
        try:
            client = address.client()
            if (whose := standing(client, address.bucket)) != "ours":
                return {"state": "not there" if whose == "absent" else "belongs to somebody else"}
            return {"state": "running"} | current(client, address, _wanted(props))
        except ServiceError as error:
            return {"state": str(error)}
        except Exception as error:  # a preview is never stopped by it
            return {"state": reason(error)}

    def diff(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> DiffResult:
        """As elsewhere; another bucket is another resource, and the old one is left to its owner."""
        moved = [name for name in ("bucket", "server") if (_olds.get(name) or "") != (_news.get(name) or "")]
        changes = super().diff(_id, _olds, _news).changes
        return DiffResult(changes=changes, replaces=moved)

    def delete(self, _id: str, _props: dict[str, Any]) -> None:
        """Remove a bucket that was made here and is empty; any other one stays, and that is told."""
        address = self._address(_props)
        if not _props.get("created"):
            pulumi.log.info(f"{address.shown()} was there before: it stays as it is")
            return
        try:
            gone = remove(address.client(), address.bucket)
        except Exception as error:  # data is never at risk here: nothing was deleted
            raise ServiceError(f"archive: {address.shown()}: {reason(error)}") from None
        if not gone:
            pulumi.log.warn(f"{address.shown()} is not empty, versions included: it stays, with all that is in it")

    def _address(self, props: Props) -> BucketAddress:
        certificate = props.get("certificate")
        return BucketAddress(
            bucket=props["bucket"],
            scope=props["scope"],
            endpoint=props.get("server") or "",
            region=props.get("region") or "us-east-1",
            access_key=props.get("access_key") or "",
            secret_key=props.get("secret_key") or "",
            authority=str(self.project().root / certificate) if certificate else "",
        )


def _wanted(props: Props) -> dict[str, Any]:
    return {name: props[name] for name in SETTINGS if props.get(name) is not None}


def _not_offered(address: BucketAddress, lacking: dict[str, str]) -> str:
    told = "; ".join(f"no {name} ({why})" for name, why in lacking.items())
    names = ", ".join(lacking)
    return (
        f"archive: {address.shown()}: its server offers {told}. Where that is acceptable, say so: "
        f"l9stack:archive: {{without: [{names}]}}"
    )
