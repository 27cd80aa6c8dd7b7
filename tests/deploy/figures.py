"""What a test measured, printed below the results of the run: figures are reported, whatever is asserted of them."""

LINES: list[str] = []


def report(sentence: str) -> None:
    LINES.append(sentence)
