# A guard in Bash: it denies every operation while there is a file, for the reason that stands in the file.
# A request is JSON on standard input, its answer JSON on standard output: docs/programs.md says which.
set -euo pipefail

request=$(cat)

ask() { jq --raw-output "$1" <<< "$request"; }

succeed() {
  jq --compact-output --argjson metadata "$1" \
    '{id, status: "success", result: {operation, metadata: $metadata}}' <<< "$request"
}

case $(ask .operation) in
  describe)
    succeed '{"protocols": [1], "hooks": ["check_operation"]}'
    ;;
  check_operation)
    cd -- "$(ask .context.directory)"
    file=$(ask .config.file)
    if [ -e "$file" ]; then
      reason=$(head -c 500 -- "$file")
      succeed "$(jq --null-input --arg reason "frozen: ${reason:-see $file}" '{allowed: false, $reason}')"
    else
      succeed '{"allowed": true}'
    fi
    ;;
  *)
    echo "error: there is no operation $(ask .operation)" >&2
    exit 1
    ;;
esac
