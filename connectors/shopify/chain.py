"""Where a stream resumes: the chain every live source has, and how large a page the shop's points allow."""

from msgspec import structs

from connectors.chain import Chain


class ShopChain(Chain, frozen=True, omit_defaults=True):
    """``size``: rows of a page that were not too dear; 0: nothing is known."""

    size: int = 0

    def following(self) -> "ShopChain":
        """Where the next run begins; what is known of the points stays."""
        after = super().following()
        return ShopChain(since=after.since, size=self.size)

    def sized(self, size: int) -> "ShopChain":
        """This chain with pages of that size."""
        return structs.replace(self, size=size)
