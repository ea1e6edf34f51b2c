"""What a network costs: parameters, operations, bytes and time, node by node and in total."""

from compute.cost.cost import Cost, NodeCost, cost_of, ops_of
from compute.cost.counting import KINDS, Counts
from compute.cost.measures import MEASURES, Shown, shares
from compute.cost.timed import Timed

__all__ = ["KINDS", "MEASURES", "Cost", "Counts", "NodeCost", "Shown", "Timed", "cost_of", "ops_of", "shares"]
