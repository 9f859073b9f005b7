"""Reading Swift as text."""


def blanked(text: str) -> str:
    """The same text with the inside of comments and strings replaced by spaces; lines and columns stay.

    Code that is interpolated into a string is blanked with it.
    """
    result: list[str] = []
    position = 0
    while position < len(text):
        end = end_of_opaque(text, position)
        if end is None:
            result.append(text[position])
            position += 1
        else:
            result.append("".join("\n" if character == "\n" else " " for character in text[position:end]))
            position = end
    return "".join(result)


def end_of_opaque(text: str, start: int) -> int | None:
    """Where the comment or string that starts at `start` ends; None when neither starts there."""
    if text.startswith("//", start):
        end = text.find("\n", start)
        return len(text) if end < 0 else end
    if text.startswith("/*", start):
        return end_of_block_comment(text, start)
    hashes = 0
    while text.startswith("#", start + hashes):
        hashes += 1
    if text.startswith('"', start + hashes):
        return end_of_string(text, start + hashes, "#" * hashes)
    return None


def end_of_block_comment(text: str, start: int) -> int:
    """Swift's block comments nest."""
    depth, position = 0, start
    while position < len(text):
        if text.startswith("/*", position):
            depth, position = depth + 1, position + 2
        elif text.startswith("*/", position):
            depth, position = depth - 1, position + 2
            if depth == 0:
                return position
        else:
            position += 1
    return len(text)


def end_of_string(text: str, start: int, hashes: str) -> int:
    quotes = '"""' if text.startswith('"""', start) else '"'
    closing, escape = quotes + hashes, "\\" + hashes
    position = start + len(quotes)
    while position < len(text):
        if text.startswith(escape + "(", position):
            position = end_of_interpolation(text, position + len(escape))
        elif text.startswith(escape, position):
            position += len(escape) + 1
        elif text.startswith(closing, position):
            return position + len(closing)
        elif quotes == '"' and text[position] == "\n":
            return position  # an unfinished string ends with its line
        else:
            position += 1
    return len(text)


def end_of_interpolation(text: str, opening: int) -> int:
    depth, position = 0, opening
    while position < len(text):
        end = end_of_opaque(text, position)
        if end is not None:
            position = end
            continue
        depth += {"(": 1, ")": -1}.get(text[position], 0)
        position += 1
        if depth == 0:
            return position
    return len(text)
