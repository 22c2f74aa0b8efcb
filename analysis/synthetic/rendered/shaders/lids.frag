// What lies on the eye: the shadow under the lid, and lashes as strands on a strip.
const int SHADOW = 7;
const float ROWS = 6.02;     // of strips in the texture
const float STRANDS = 26.0;  // along half of a strip

uniform float lashes;

void main() {
    float alpha;
    vec3 light;
    if (v_kind == SHADOW) {
        alpha = 0.42 * smoothstep(0.55, 1.0, abs(v_texel.y - 0.5) * 2.0);
        light = linear(vec3(0.16, 0.08, 0.06)) * (sky + 0.4 * key_colour);
    } else {
        float along = fract(v_texel.y * ROWS), strand = fract(v_texel.x * 2.0) * STRANDS;
        float own = lumps(vec3(floor(strand) * 3.7, floor(v_texel.y * 6.0) * 5.0, 1.0));
        if (along > mix(0.62, 0.45, own) + 0.25) discard;
        float beside = abs(fract(strand) - 0.5 - (own - 0.5) * 0.4 * along);
        float width = mix(0.30, 0.06, along);
        float lower = smoothstep(3.45, 3.15, v_rest.y);
        light = vec3(0.012, 0.009, 0.007) + 0.02 * sky;
        float hair = (1.0 - smoothstep(width * 0.6, width, beside)) * mix(0.60, 0.10, lower) * (1.0 - 0.6 * along);
        float root = (1.0 - smoothstep(0.0, 0.30, along)) * 0.50 * mix(1.0, 0.25, lower);
        alpha = max(hair, root) * lashes;
    }
    if (alpha < 0.01) discard;
    pixel = developed(light, alpha);
}
