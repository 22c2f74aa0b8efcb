// Skin, scalp and the collar: diffuse light that spreads more for red than for blue, two widths of shine, lines that
// deepen with movement.
uniform sampler2D face_colour;
uniform sampler2D neck_colour;
uniform sampler2D face_matter;  // gloss, hair, lip, cloth
uniform sampler2D neck_matter;
uniform sampler2D lines;        // where forehead, fold, eye corner and glabella can crease
uniform vec4 creases_left;
uniform vec4 creases_right;
uniform float gloss_gain;

vec3 dented(vec3 normal, float height) {
    vec3 across = dFdx(v_eye), down = dFdy(v_eye);
    vec3 a = cross(down, normal), b = cross(normal, across);
    float size = dot(across, a);
    vec3 slope = sign(size) * (dFdx(height) * a + dFdy(height) * b);
    return normalize(abs(size) * normal - slope);
}

vec3 diffuse(vec3 hard, float soft, vec3 spread, vec3 wrap) {
    return clamp((mix(hard, vec3(soft), spread) + wrap) / (1.0 + wrap), 0.0, 1.0);
}

void main() {
    vec3 normal = normalize(v_normal), viewer = normalize(-v_eye);
    vec3 colour;
    vec4 matter;
    float crease = 0.0;
    vec3 rough = normal;
    if (v_kind == 0) {
        colour = texture(face_colour, v_texel).rgb;
        matter = texture(face_matter, v_texel);
        vec4 deep = mix(creases_right, creases_left, smoothstep(-0.6, 0.6, v_rest.x));
        crease = dot(texture(lines, v_texel), deep);
        rough = dented(normal, -0.10 * crease);
    } else {
        vec2 at = v_texel - vec2(1.0, 0.0);
        colour = texture(neck_colour, at).rgb;
        matter = texture(neck_matter, at);
    }
    colour = linear(colour);
    float gloss = matter.r, cloth = matter.a;
    float skin = (1.0 - cloth) * (1.0 - matter.g);
    float shade = lit();
    vec3 spread = vec3(0.75, 0.45, 0.30) * skin;
    vec3 wrap = vec3(0.30, 0.12, 0.06) * skin + 0.05 * (1.0 - skin);
    vec3 from_key = diffuse(vec3(dot(rough, key)), v_soft.x, spread, wrap);
    vec3 from_fill = diffuse(vec3(dot(rough, fill)), v_soft.y, spread, wrap + 0.2);
    vec3 arrives = mix(vec3(shade), vec3(sqrt(shade), shade, shade), 0.6 * skin);
    vec3 open = mix(vec3(v_open), vec3(sqrt(v_open), v_open, v_open), 0.7 * skin);
    vec3 light = colour * (key_colour * from_key * arrives + fill_colour * from_fill * mix(1.0, v_open, 0.6) + v_around * open);
    light *= 1.0 - vec3(0.30, 0.42, 0.45) * clamp(crease, 0.0, 1.0);

    vec3 between = normalize(key + viewer);
    float facing = max(dot(rough, between), 0.0);
    float sharp = mix(18.0, 60.0, gloss);
    float shine = gloss * (0.014 * (sharp + 8.0) * pow(facing, sharp) + 0.25 * fourth(facing * facing));
    float graze = 1.0 - max(dot(viewer, between), 0.0);
    float fresnel = 0.03 + 0.97 * fourth(graze) * graze;
    light += key_colour * shine * fresnel * 4.0 * gloss_gain * shade * max(dot(normal, key), 0.0) * (1.0 - 0.9 * cloth);
    float second = fourth(fourth(max(dot(rough, normalize(fill + viewer)), 0.0)));
    light += fill_colour * second * gloss * 0.10 * gloss_gain * v_open;
    light += sky * fourth(1.0 - max(dot(normal, viewer), 0.0)) * 0.12 * v_open * gloss;
    pixel = developed(light, 1.0);
}
