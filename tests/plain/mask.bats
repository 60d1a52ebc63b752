#!/usr/bin/env bats
# What is taken out of a report, and what is not.

load helper

setup() {
    house rovictl.d/mask
}

# masked TEXT WANTED: TEXT must come out as WANTED.
masked() {
    local got
    got=$(printf '%s\n' "$1" | mask_secrets)
    echo "got: $got"
    [[ $got == "$2" ]]
}

@test "values of variables whose names look like a secret's are masked" {
    masked 'API_KEY=abc' 'API_KEY=(masked)'
    masked 'my_token=a b"c d' 'my_token=(masked)'
    masked 'Environment=A=1 API_KEY=abc B=2' 'Environment=A=1 API_KEY=(masked) B=2'
    masked 'Environment=A=1 "DB_PASS=a b" B=2' 'Environment=A=1 "DB_PASS=(masked)" B=2'
    masked 'Environment=A=1 "DB_PASS=a \" b" B=2' 'Environment=A=1 "DB_PASS=(masked)" B=2'
    masked "x 'DB_PWD=a b' y" "x 'DB_PWD=(masked)' y"
    masked 'x SECRET="a b" y' 'x SECRET="(masked)" y'
    masked $'Environment="AUTH_X=a \\\nb"' 'Environment="AUTH_X=(masked)"'
}

@test "so are launch arguments, options, members, headers, passwords in URLs and private keys" {
    masked 'nav starts with upload_token:=abc map:=lab1' 'nav starts with upload_token:=(masked) map:=lab1'
    masked 'node --api-key abc --map lab1' 'node --api-key (masked) --map lab1'
    masked '{"credential": "a\"b", "map":"x"}' '{"credential": "(masked)", "map":"x"}'
    masked "{'password': 'ab', 'map': 'x'}" "{'password': '(masked)', 'map': 'x'}"
    masked 'Authorization: Bearer abc' 'Authorization: (masked)'
    masked 'git https://bob:abc@example.org/x' 'git https://bob:(masked)@example.org/x'
    masked $'-----BEGIN RSA PRIVATE KEY-----\nabc\n-----END RSA PRIVATE KEY-----' $'(masked)\n(masked)\n(masked)'
}

@test "what does not look like a secret stays" {
    for line in "KeyError: 'map'" '[INFO] [nav-1]: process started with pid [12]' \
        'Environment=ROS_DOMAIN_ID=7 A="b c"' 'https://example.org:80/a@b' '{"stack":"nav","memory_bytes":12}'; do
        masked "$line" "$line"
    done
}

@test "control characters are taken out" {
    masked $'a\e[31mb\rc\td' $'a[31mbc\td'
}
