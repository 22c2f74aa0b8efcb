// The resting head laid out flat: what lies at each texel.
in vec2 texel;
in vec3 rest;
uniform float tile;
out vec3 v_rest;

void main() {
    v_rest = rest;
    gl_Position = vec4((texel - vec2(tile, 0.0)) * 2.0 - 1.0, 0.0, 1.0);
}
