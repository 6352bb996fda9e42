#!/bin/sh
# Rolls an overlay out: the migrations first, and all else only when they are through. Run it from anywhere:
#   sh roll-out.sh overlays/production
set -eu
cd "$(dirname "$0")"
overlay=${1:?which overlay? sh roll-out.sh overlays/production}
in_cluster() { kubectl --namespace sla-tracker "$@"; }

in_cluster delete job sla-tracker-migrate --ignore-not-found
kubectl apply -k "$overlay/migrate"
until ended=$(in_cluster get job sla-tracker-migrate -o jsonpath='{.status.conditions[?(@.status=="True")].type}') &&
    case $ended in *Complete* | *Failed*) true ;; *) false ;; esac; do
    sleep 2
done
in_cluster logs job/sla-tracker-migrate || true
case $ended in
*Failed*)
    echo "The migrations failed: nothing was rolled out." >&2
    exit 1
    ;;
esac
kubectl apply -k "$overlay"
in_cluster rollout status deployment/sla-tracker-api --timeout 10m
in_cluster rollout status deployment/sla-tracker-worker --timeout 10m
