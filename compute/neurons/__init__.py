"""Dense layers as neurons: the chain of them, its numbers, and what each is asked about."""

from compute.neurons.chain import Chain as Chain
from compute.neurons.chain import Chains as Chains
from compute.neurons.chain import Column as Column
from compute.neurons.chain import chain_of as chain_of
from compute.neurons.elements import Direction as Direction
from compute.neurons.elements import Element as Element
from compute.neurons.elements import End as End
from compute.neurons.elements import beside as beside
from compute.neurons.elements import element_of as element_of
from compute.neurons.elements import entry_of as entry_of
from compute.neurons.elements import focus_of as focus_of
from compute.neurons.elements import is_there as is_there
from compute.neurons.elements import subject_of as subject_of
from compute.neurons.numbers import Numbers as Numbers
from compute.neurons.numbers import Reading as Reading
from compute.neurons.numbers import UnitReading as UnitReading
