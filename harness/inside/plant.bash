#!/bin/bash
# plant.bash PLACE...: tries to bring units of its own into the places; prints each command that works.
for place in "$@"; do
    for made in "mkdir -p $place/rovi-mapping.service.d/x" "cp /tmp/planted/unit $place/rovi-mapping.service" \
        "ln -s /tmp/planted/unit $place/rovi-evil.service" "mkdir -p $place/multi-user.target.wants/x" \
        "mv $place $place.old"; do
        $made 2>/dev/null && echo "$made"
    done
done
true
