"""How each event of the trail comes about, by its flow, and who it is about."""

from tests.ncconnect.trail import partners, people, service
from tests.ncconnect.trail.world import DRIVERS, World

__all__ = ["DRIVERS", "World", "partners", "people", "service"]
