#!/bin/sh
# Makes a certificate that only this machine believes, to try TLS with: deploy/make-certificate.sh [HOST] [FOLDER]
# For one that everybody believes see docs/deploy.md.
set -eu
host=${1:-localhost}
folder=${2:-$(dirname "$0")/tls}
command -v openssl >/dev/null || { echo "make-certificate: needs openssl (Debian: apt-get install openssl)" >&2; exit 1; }
mkdir -p "$folder"
umask 077
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -noenc -days 365 \
  -subj "/CN=$host" -addext "subjectAltName=DNS:$host,DNS:localhost,IP:127.0.0.1,IP:::1" \
  -keyout "$folder/privkey.pem" -out "$folder/fullchain.pem" 2>/dev/null
chmod 644 "$folder/fullchain.pem"
echo "$folder/fullchain.pem: for $host, believed by whoever is told to, as in: curl --cacert $folder/fullchain.pem https://$host/health"
