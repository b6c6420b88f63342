#!/bin/sh
# In the manner of the examples in public documentation: curl, the file first, headers looked at.
#
#   curl_examples.sh BASE_URL KEY INPUT OUTPUT
set -eu
base=$1 key=$2 input=$3 output=$4

field() { sed -n "s/.*\"$1\": *\"\{0,1\}\([^\",}]*\)\"\{0,1\}.*/\1/p"; }

job=$(curl -sSf --request POST --url "$base/image/v1/enhance-gen/async" \
  --header "X-API-Key: $key" --header 'accept: application/json' \
  --header 'content-type: multipart/form-data' \
  --form "image=@$input" --form 'model=Natural Enhance' --form output_width=160 \
  --form output_format=webp | field process_id)

tries=0
while :; do
  status=$(curl -sSf --request GET --url "$base/image/v1/status/$job" \
    --header "X-API-Key: $key" --header 'content-type: application/json' | field status)
  case $status in
    Completed) break ;;
    Pending | Processing) ;;
    *) echo "job: $status" >&2; exit 1 ;;
  esac
  tries=$((tries + 1))
  [ "$tries" -lt 600 ] || { echo "timed out" >&2; exit 1; }
  sleep 0.1
done

url=$(curl -sSf -H "X-API-Key: $key" "$base/image/v1/download/$job" | field download_url)
curl -sSf --head "$url" >/dev/null
# With the key too: some send it to every address.
curl -sSf -L -H "X-API-Key: $key" -o "$output" "$url"
curl -sSf -X DELETE -H "X-API-Key: $key" "$base/image/v1/status/$job"
