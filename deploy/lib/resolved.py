"""Prints what SwiftPM has resolved, a package a line: NAME VERSION. Run in the project's folder after a build.

Without commit ids: a mirror may have others than the origin.
"""

import json

with open("Package.resolved") as file:
    for pin in sorted(json.load(file)["pins"], key=lambda pin: pin["identity"]):
        print(pin["identity"], pin["state"]["version"])
