"""Believable organisations of any size, the same for the same seed."""

from organization.seeding.demo import demo_shape
from organization.seeding.loading import load
from organization.seeding.shape import Shape, ShapeError, grow

__all__ = ["Shape", "ShapeError", "demo_shape", "grow", "load"]
