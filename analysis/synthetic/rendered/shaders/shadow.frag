uniform sampler2DShadow shadow_map;
uniform float shadow_step;  // one texel

// Share of the key light that arrives.
float lit() {
    vec3 at = v_shadow - vec3(0.0, 0.0, 0.0035);
    vec2 d = vec2(1.28, -1.28) * shadow_step;
    return 0.25 * (texture(shadow_map, at + vec3(d.yy, 0.0)) + texture(shadow_map, at + vec3(d.xy, 0.0))
                 + texture(shadow_map, at + vec3(d.yx, 0.0)) + texture(shadow_map, at + vec3(d.xx, 0.0)));
}
