in vec3 v_normal;
in vec3 v_rest;
in vec3 v_eye;
in vec3 v_shadow;
in vec2 v_texel;
in vec2 v_soft;
in vec3 v_around;
in float v_open;
flat in int v_kind;

uniform vec3 key;
uniform vec3 key_colour;
uniform vec3 fill;
uniform vec3 fill_colour;
uniform vec3 sky;
uniform vec3 ground;
uniform float exposure;

out vec4 pixel;

float scatter(vec3 p) {
    p = fract(p * 0.3183099 + 0.1) * 17.0;
    return fract(p.x * p.y * p.z * (p.x + p.y + p.z));
}

// Value noise, 0-1, one lump a unit.
float lumps(vec3 p) {
    vec3 cell = floor(p), f = fract(p);
    f = f * f * (3.0 - 2.0 * f);
    vec2 n = vec2(0.0, 1.0);
    vec4 near = vec4(scatter(cell), scatter(cell + n.yxx), scatter(cell + n.xyx), scatter(cell + n.yyx));
    vec4 far = vec4(scatter(cell + n.xxy), scatter(cell + n.yxy), scatter(cell + n.xyy), scatter(cell + n.yyy));
    vec4 layer = mix(near, far, f.z);
    vec2 row = mix(layer.xz, layer.yw, f.x);
    return mix(row.x, row.y, f.y);
}

// Gamma 2 stands for the screen's 2.2: a root is much cheaper than a power.
vec3 linear(vec3 srgb) {
    return srgb * srgb;
}

float fourth(float x) {
    x *= x;
    return x * x;
}

// Exposure, a soft shoulder for highlights, and the screen's gamma.
vec4 developed(vec3 light, float alpha) {
    vec3 c = light * exposure;
    c *= (1.0 + 0.10 * c) / (1.0 + 0.42 * c);
    return vec4(sqrt(clamp(c, 0.0, 1.0)), alpha);
}
