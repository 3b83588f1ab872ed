# Runs the shared test server and ends it when nobody uses it any more.
# Arguments: directory, seconds to linger, command of the server.
# File 3 is the pipe "users": each user holds it open and left one byte in it, so
# cat returns when the last one is gone, with nothing if nobody came at all.
dir=$1 linger=$2
shift 2
exec 4<&- 5<&- 6<&- 7<&- 8<&- 9<&- # what the starter has open, such as a lock, is not kept while others use the server
"$@" 3<&- &
server=$!

while [ $(cat <&3 | wc -c) -gt 0 ]; do
	left=$linger
	while [ $left -gt 0 ] && [ -p "$dir/users" ]; do
		sleep 1
		left=$((left - 1))
	done
done

rm -f "$dir/users" # from now on nobody new comes in
cat <&3 >/dev/null # who came just before is served to the end
kill -INT $server
wait $server
cd /
rm -rf "$dir"
