"""Asks analytics to count all figures anew, and tells what was different; exit status 1 when something was."""

import json
import os
import sys
import urllib.request

request = urllib.request.Request(
    f"{sys.argv[1]}/api/payment/admin/analytics/rebuild",
    data=b"{}",
    headers={"Authorization": f"Bearer {os.environ['REBUILD_TOKEN']}", "Content-Type": "application/json"},
)
with urllib.request.urlopen(request, timeout=1800) as answer:
    outcome = json.load(answer)
for one in outcome["differences"]:
    kept, right = f"{one['count_kept']} of {one['amount_kept']}", f"{one['count_right']} of {one['amount_right']}"
    print(f"{one['day']} {one['currency']} {one['figure']} {one['part'] or '-'}: was {kept}, is {right}")
print(f"All figures were counted anew: {outcome['differing']} were different.")
sys.exit(1 if outcome["differing"] else 0)
