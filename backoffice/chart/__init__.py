"""A tree of rows with the rows that hang on them, opened level by level: see declared.Chart."""

from backoffice.chart.declared import Chart
from backoffice.chart.pages import ChartMixin

__all__ = ["Chart", "ChartMixin"]
