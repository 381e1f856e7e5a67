"""What is owed: one file for each kind of rule, and `derive`, which calls them."""

from indsats.domain.obligations.derive import ChangePolicy, Derivation, ModelPeriod, derive
from indsats.domain.obligations.obligation import Obligation, Status, Step

__all__ = ["ChangePolicy", "Derivation", "ModelPeriod", "Obligation", "Status", "Step", "derive"]
