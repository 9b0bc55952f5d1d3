"""Where a stream resumes: the chain every live source has, and what of the wanted this org lacks."""

from datetime import datetime

from msgspec import structs

from connectors.chain import Chain


class OrgChain(Chain, frozen=True, omit_defaults=True):
    """``lacks``: fields the org, or our user's rights in it, did not have when it was ``described``."""

    lacks: tuple[str, ...] = ()
    described: datetime | None = None

    def following(self) -> "OrgChain":
        """Where the next run begins; what is known of the org stays."""
        after = super().following()
        return OrgChain(since=after.since, lacks=self.lacks, described=self.described)

    def knowing(self, lacks: tuple[str, ...], described: datetime) -> "OrgChain":
        """This chain with what the org said of its fields."""
        return structs.replace(self, lacks=lacks, described=described)
